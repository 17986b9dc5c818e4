import Base
import Glibc
import Shell
import Synchronization

/// One word and its arguments a line. A chunk with more `(` than `)` is unfinished.
final class ToyInterpreter: PromptInterpreter {
    private static let interrupted = Atomic(false)

    var interruptHook: (@convention(c) () -> Void)? { { ToyInterpreter.interrupted.store(true, ordering: .relaxed) } }

    func isIncomplete(_ chunk: String) -> Bool {
        chunk.reduce(0) { $0 + ($1 == "(" ? 1 : $1 == ")" ? -1 : 0) } > 0
    }
    func evaluate(_ chunk: String, line: Int, remembers: Bool) throws -> [DisplayValue] {
        // At the end, so that a Ctrl-C that comes right at the start is not lost.
        defer { Self.interrupted.store(false, ordering: .relaxed) }
        let words = chunk.split { $0 == " " || $0 == ";" }.map(String.init)
        func number(_ index: Int, _ otherwise: Int) -> Int {
            index < words.count ? Int(words[index]) ?? otherwise : otherwise
        }
        switch words.first {
        case "spin":
            while !Self.interrupted.load(ordering: .relaxed) {}
            throw PromptFailure(message: "", isInterrupt: true)
        case "stubborn":
            return try ForegroundWork.run { monitor in
                // Without a safe point until it may go.
                monitor.report(Progress("stubborn work", 1, of: 3, "steps"))
                while !Gate.isOpen { usleep(20_000) }
                try monitor.checkpoint()
                return []
            }
        case "work":
            let total = number(1, 100)
            return try ForegroundWork.run { monitor in
                for step in 1...total {
                    usleep(10_000)
                    monitor.report(Progress("working", step, of: total, "steps", [("loss", "0.0312")]))
                    if monitor.shouldStop {
                        monitor.note("stopped after \(step) steps, all kept")
                        return [.integer(step)]
                    }
                }
                return [.string(Array("done".utf8))]
            }
        case "job":
            JobBoard.shared.add(
                ToyJob(name: words.count > 1 ? words[1] : "job", steps: number(2, 100), milliseconds: number(3, 20)))
            return []
        case "fail":
            throw PromptFailure(message: "attempt to index a nil value (did you mean 'x'?)", traceback: ["at prompt:1"])
        case "print":
            Console.shared.write(words.dropFirst().joined(separator: " ") + "\n")
            return []
        case "partial":
            Console.shared.write("no newline")
            return []
        case "long":
            return [.table(DisplayTable(identity: 1, items: (1...number(1, 100)).map { .integer($0) }))]
        case "lines": return (1...number(1, 100)).map { .string(Array("line \($0)".utf8)) }
        case "esc": return [.string(Array("a\u{1B}[31mb".utf8))]
        case "exit": throw PromptExit(status: Int32(number(1, 0)))
        case "color": return [.boolean(true)]
        default: return [.string(Array(chunk.utf8))]
        }
    }
    func complete(_ line: String, cursor: Int, after rows: String) -> Completion? {
        let start =
            line.utf8.prefix(cursor).lastIndex { $0 == 0x20 }.map {
                line.utf8.distance(from: line.startIndex, to: $0) + 1
            } ?? 0
        let word = String(decoding: Array(line.utf8)[start..<cursor], as: UTF8.self)
        let all = [
            Completion.Candidate("dataset", type: "global", summary: "an ordered list of clips"),
            .init("dataset_split", type: "function", summary: "cuts videos into scenes"),
            .init("trainer", type: "global", summary: "trains"),
        ]
        return Completion(start: start, candidates: all.filter { $0.text.hasPrefix(word) }, append: " ")
    }
    func help(_ topic: String, _ context: DisplayContext) throws -> [String] { ["help on '\(topic)'"] }
    func source(_ name: String, _ context: DisplayContext) throws -> [String] { ["\(name) is a toy"] }
}
