/// Puts what is written to the two streams back together as whole lines, each stream for itself.
struct OutputLines {
    private var partial = ["", ""]

    /// Adds what was written; `take` gets each line that is whole now, without its newline.
    mutating func add(_ text: String, isError: Bool, _ take: (_ line: String, _ isError: Bool) -> Void) {
        let index = isError ? 1 : 0
        partial[index] += text
        while let end = partial[index].firstIndex(of: "\n") {
            take(String(partial[index][..<end]), isError)
            partial[index].removeSubrange(...end)
        }
    }
    /// Gives lines that have no newline yet.
    mutating func flush(_ take: (_ line: String, _ isError: Bool) -> Void) {
        for isError in [false, true] where !partial[isError ? 1 : 0].isEmpty { add("\n", isError: isError, take) }
    }
    /// A line as a transcript marks it.
    static func transcript(_ line: String, isError: Bool) -> String { (isError ? "--! " : "--> ") + line }
}
