// A child for the crash tests: edits a dataset by a fixed script and says what has been acknowledged.
//
//     dataset-crash FOLDER FIRST COUNT
//
// A negative count means: one of several writers, each appending its numbers to captions and waiting for the others.
//
//     dataset-crash FOLDER THRESHOLD split
//
// Cuts the folder's videos into scenes.
//
// Operation n is a function of n alone, so that the parent can follow. Every line on standard output is written at
// once: "ok N" when operation N has returned, "fail N error" when it threw. Ends with "end" after closing the dataset.
import Base
import Glibc
import Workbench

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}

/// From one byte to a hundred kilobytes, with characters of every length.
func caption(_ n: Int) -> String {
    let texts = ["x", "a man rides a bicycle ", "一只猫在跳舞 ", "🚲🏔️ ", "\"quoted\"\n"]
    let sizes = [1, 7, 40, 300, 4000]
    return "\(n):" + String(repeating: texts[n % texts.count], count: sizes[(n / 3) % sizes.count])
}

func operate(_ data: Dataset, _ n: Int) throws {
    switch n % 12 {
    case 5: try data.save()
    case 7: _ = try data.undo()
    case 8: _ = try data.redo()
    case 9: try data.rewriteCaptions("all") { _, text in String(text.prefix(20)) + "+\(n)" }
    case 10: try data.clip(1 + n % data.count).setExcluded(n % 24 == 10)
    default: try data.clip(1 + n % data.count).setCaption(caption(n))
    }
}

func write(_ count: Int, from first: Int, in folder: String) throws {
    var done = 0
    while done < count {
        let data = try Dataset.open(folder)
        do {
            let clip = try data.clip(1 + done % data.count)
            try clip.setCaption((clip.caption ?? "") + "[\(first + done)]")
            say("ok \(first + done)")
            done += 1
            if done % 5 == 0 { try data.close() }
        } catch DatasetError.locked {
            usleep(2000)
        } catch DatasetError.changed {
            // Read while another had the dataset, who has let go since: the text grew out of what is not there any more.
            say("changed")
        }
    }
    for failure in OpenDatasets.shared.closeAll() { say("unfolded \(failure)") }
}

func split(_ folder: String, _ threshold: Double) throws {
    var options = SplitOptions()
    options.scene.threshold = threshold
    let data = try Dataset.open(folder)
    say("open")
    say("ok \(try data.split(options).count)")
}

let arguments = CommandLine.arguments
if arguments.count == 4, arguments[3] == "split", let threshold = Double(arguments[2]) {
    do { try split(arguments[1], threshold) } catch { say("fail \(error)") }
    for failure in OpenDatasets.shared.closeAll() { say("unfolded \(failure)") }
    say("end")
    exit(0)
}
guard arguments.count == 4, let first = Int(arguments[2]), let count = Int(arguments[3]) else { exit(2) }
do {
    if count < 0 {
        try write(-count, from: first, in: arguments[1])
        say("end")
        exit(0)
    }
    let data = try Dataset.open(arguments[1])
    say("open")
    for n in first..<first + count {
        do {
            try operate(data, n)
            say("ok \(n)")
        } catch {
            say("fail \(n) \(error)")
        }
    }
    for failure in OpenDatasets.shared.closeAll() { say("unfolded \(failure)") }
    say("end")
} catch {
    say("unopened \(error)")
    exit(1)
}
