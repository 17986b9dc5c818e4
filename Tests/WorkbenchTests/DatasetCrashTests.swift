import Base
import Glibc
import Testing

@testable import Workbench

/// `LTXSH_FULL_TESTS=1` (scripts/kill-test.sh) runs the promised numbers; the default run is a sample of them.
private let isFull = getenv("LTXSH_FULL_TESTS") != nil

@Suite(.serialized) struct DatasetCrashTests {
    private static let clips = 5
    private static let formats = ["captions.json", "captions.csv", "set_captions.txt", "sidecars"]

    private func folder(_ format: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for n in 0..<Self.clips { try folder.touch("clip\(n).mp4") }
        switch format {
        case "captions.csv": try folder.write("caption,media_path\n", to: format)
        case "set_captions.txt":
            try folder.write("", to: format)
            try folder.write("", to: "set_paths.txt")
        case "sidecars": try folder.write("\n", to: "clip0.txt")
        default: break
        }
        return folder
    }
    /// Reopens and compares with the acknowledged states; returns which one it was.
    private func check(_ folder: TemporaryFolder, _ allowed: [CrashModel], _ place: String) throws {
        for name in try folder.names() where name == "captions.json" { _ = try Files.json(folder[name]) }
        let data = try Dataset.open(folder.path)
        var found = CrashModel(clips: Self.clips)
        found.captions = data.clips.map { $0.caption ?? "" }
        found.excluded = data.clips.map(\.isExcluded)
        if !allowed.contains(found) { Issue.record("\(place): \(found.captions.map { $0.prefix(24) })") }
        try data.close()
        let left = try folder.names().filter {
            $0.hasPrefix(".") && !$0.hasSuffix("extra.json") && !$0.hasSuffix("authors")
        }
        #expect(left.isEmpty, "\(place): \(left)")
        let again = try Dataset.open(folder.path)
        if again.clips.map({ $0.caption ?? "" }) != found.captions { Issue.record("\(place): after folding") }
    }
    /// The states after the operations that were acknowledged, after the one that was under way, and after each that
    /// the disk refused: where it refuses to take a failed record back, too, that one may still be there.
    private func states(_ lines: [String], first: Int, model: inout CrashModel) -> [CrashModel] {
        var next = first, failed: [CrashModel] = []
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count >= 2, let n = Int(words[1]) else { continue }
            if words[0] == "ok" { model.operate(n) }
            if words[0] == "fail", !line.contains("cannot hold") {
                var copy = model
                copy.operate(n)
                failed.append(copy)
            }
            if words[0] == "ok" || words[0] == "fail" { next = n + 1 }
        }
        var underWay = model
        underWay.operate(next)
        return [model, underWay] + failed
    }

    @Test func `an edit that returned survives a kill at a random moment`() throws {
        var generator = SplitMix64(seed: UInt64(time(nil)))
        for round in 0..<(isFull ? 1000 : 40) {
            let folder = try folder("captions.json")
            let child = try CrashChild(folder: folder.path, first: round, count: 4000)
            let moment = UInt32.random(in: 0...20_000, using: &generator)
            child.kill(afterMicroseconds: moment)
            let (lines, _) = child.finish()
            var model = CrashModel(clips: Self.clips)
            try check(
                folder, states(lines, first: round, model: &model), "round \(round), \(moment) µs, \(lines.count) lines"
            )
        }
    }

    @Test(arguments: formats) func `a kill before every system call and in every write loses nothing`(format: String)
        throws
    {
        let total = try calls(format)
        #expect(total > 60)
        let step = isFull ? 1 : 7
        for action in ["kill", "tear"] {
            for at in stride(from: 1, through: total, by: step) {
                let folder = try folder(format)
                let child = try CrashChild(
                    folder: folder.path, first: 0, count: 24, faults: ["FAULT_AT": "\(at)", "FAULT_ACTION": action])
                let (lines, isOrderly) = child.finish()
                #expect(!isOrderly, "call \(at) of \(total) was not reached")
                var model = CrashModel(clips: Self.clips)
                try check(folder, states(lines, first: 0, model: &model), "\(format): \(action) at call \(at)")
            }
        }
    }

    @Test(arguments: ["ENOSPC", "EIO", "EROFS", "EDQUOT", "short"])
    func `a failing disk is an error that names the file, and the session goes on`(code: String) throws {
        for format in isFull ? Self.formats : ["captions.json"] {
            let total = try calls(format)
            for (always, step) in [("", isFull ? 1 : 9), ("1", isFull ? 3 : 25)] {
                for at in stride(from: 1, through: total, by: step) {
                    let folder = try folder(format)
                    var faults = ["FAULT_AT": "\(at)", "FAULT_ACTION": code]
                    if !always.isEmpty { faults["FAULT_ALWAYS"] = always }
                    let child = try CrashChild(folder: folder.path, first: 0, count: 24, faults: faults)
                    let (lines, isOrderly) = child.finish()
                    let place = "\(format): \(code) at call \(at)\(always.isEmpty ? "" : " and after")"
                    #expect(isOrderly && lines.last == "end", "\(place): \(lines.last ?? "")")
                    for line in lines where line.hasPrefix("fail") && code != "EROFS" {
                        #expect(line.contains(folder.path), "\(place): \(line)")
                    }
                    var model = CrashModel(clips: Self.clips)
                    var allowed = states(lines, first: 0, model: &model)
                    allowed.remove(at: 1)  // the child ended by itself: nothing was under way
                    if always.isEmpty { allowed = [allowed[0]] }
                    try check(folder, allowed, place)
                }
            }
        }
    }

    @Test func `data is flushed before a rename, and the folder after it`() throws {
        let folder = try folder("captions.json"), log = try TemporaryFolder()
        let child = try CrashChild(folder: folder.path, first: 0, count: 24, faults: ["FAULT_LOG": log["log"]])
        #expect(child.finish().isOrderly)
        let calls = try log.text("log").split(separator: "\n").map {
            $0.split(separator: " ", maxSplits: 1).map(String.init)
        }
        var flushed: Set<String> = [], renames = 0
        for (index, call) in calls.enumerated() {
            switch call[0] {
            case "write": flushed.remove(call[1])
            case "fsync", "fdatasync": flushed.insert(call[1])
            case "rename":
                renames += 1
                // The temporary name is flushed, then the rename, then the folder.
                #expect(calls[index - 1][0] == "fsync" && calls[index - 1][1].contains(".tmp"))
                #expect(calls[index + 1] == ["fsync", folder.path])
            default: break
            }
        }
        #expect(renames >= 3)
        // Whatever was written last to the journal was flushed before the next thing happened.
        for (call, next) in zip(calls, calls.dropFirst()) where call[0] == "write" && call[1].hasSuffix(".journal") {
            #expect(next == ["fdatasync", call[1]])
        }
    }

    @Test func `four writers at once lose nothing`() throws {
        let folder = try folder("captions.json"), count = isFull ? 500 : 60
        let writers = try (0..<4).map { try CrashChild(folder: folder.path, first: $0 * 1000, count: -count) }
        var acknowledged = 0
        for writer in writers {
            let (lines, isOrderly) = writer.finish()
            #expect(isOrderly && lines.last == "end")
            acknowledged += lines.count { $0.hasPrefix("ok") }
        }
        #expect(acknowledged == 4 * count)
        let text = try Dataset.open(folder.path).clips.compactMap(\.caption).joined()
        for writer in 0..<4 {
            for n in 0..<count {
                #expect(text.components(separatedBy: "[\(writer * 1000 + n)]").count == 2, "edit \(writer * 1000 + n)")
            }
        }
    }

    /// How many calls the script makes.
    private func calls(_ format: String) throws -> Int {
        let folder = try folder(format), log = try TemporaryFolder()
        let child = try CrashChild(folder: folder.path, first: 0, count: 24, faults: ["FAULT_LOG": log["log"]])
        #expect(child.finish().lines.last == "end")
        return try log.text("log").split(separator: "\n").count
    }
}
