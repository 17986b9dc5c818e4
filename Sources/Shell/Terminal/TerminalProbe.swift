import CReadline
import Glibc

/// Asks the terminal what pictures it can show.
enum TerminalProbe {
    /// What it said.
    struct Answer: Sendable, Equatable {
        var hasKitty = false, hasSixel = false
    }
    nonisolated(unsafe) private static var remembered: Answer??

    /// The terminal's answer, asked for once. `nil` when it does not answer within a second. Main thread, outside of line editing.
    static func answer() -> Answer? {
        if let remembered { return remembered }
        let answer = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 ? ask() : nil
        remembered = .some(answer)
        return answer
    }
    /// The kitty query (a picture of one pixel that is only checked) and then the primary device attributes: every terminal answers
    /// the second, which ends the wait without a time-out.
    private static let question = "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[c"

    private static func ask() -> Answer? {
        guard cr_raw_mode(true) else { return nil }
        defer { cr_raw_mode(false) }
        let bytes = Array(question.utf8)
        fflush(nil)
        guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { return nil }
        let end = Clock.seconds() + 1
        var received: [UInt8] = []
        while Clock.seconds() < end {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&input, 1, Int32(max(1, (end - Clock.seconds()) * 1000))) > 0 else { continue }
            var part = [UInt8](repeating: 0, count: 512)
            let count = read(STDIN_FILENO, &part, part.count)
            guard count > 0 else { break }
            received += part[..<count]
            if let (answer, rest) = parse(received) {
                LineEditor.typeAhead(rest)  // what was typed while the terminal was being asked
                return answer
            }
        }
        LineEditor.typeAhead(received)  // the editor drops what turns out to be a reply
        return nil
    }

    /// Reads the replies out of what came; `nil` while the device attributes are missing. `rest` is what is no reply: keys.
    static func parse(_ bytes: [UInt8]) -> (answer: Answer, rest: [UInt8])? {
        var answer = Answer(), rest: [UInt8] = [], at = 0, isComplete = false
        while at < bytes.count {
            let tail = bytes[at...]
            if tail.starts(with: Array("\u{1B}_G".utf8)), let end = tail.firstIndex(of: UInt8(ascii: "\\")) {
                answer.hasKitty = String(decoding: bytes[at..<end], as: UTF8.self).contains(";OK")
                at = end + 1
            } else if tail.starts(with: Array("\u{1B}[?".utf8)), let end = tail.firstIndex(of: UInt8(ascii: "c")) {
                // Attribute 4 is sixel (VT340).
                let attributes = String(decoding: bytes[(at + 3)..<end], as: UTF8.self).split(separator: ";")
                answer.hasSixel = attributes.contains("4")
                (at, isComplete) = (end + 1, true)
            } else {
                rest.append(bytes[at])
                at += 1
            }
        }
        return isComplete ? (answer, rest) : nil
    }
}
