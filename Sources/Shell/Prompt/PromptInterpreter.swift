/// What the prompt needs of the language behind it.
package protocol PromptInterpreter: AnyObject {
    /// True for a chunk that ends too early: the prompt then asks for its next line.
    func isIncomplete(_ chunk: String) -> Bool
    /// True for a chunk that compiles as a statement.
    func isComplete(_ chunk: String) -> Bool
    /// Runs a chunk; a bare expression and `=expression` give their values. Errors are thrown as `PromptFailure`.
    ///
    /// - Parameters:
    ///   - line: the line that the chunk begins in, for positions in errors.
    ///   - remembers: whether the values become `_`, `_1`, `_2`; not for a chunk that ends in `;`.
    func evaluate(_ chunk: String, line: Int, remembers: Bool) throws -> [DisplayValue]
    /// Runs a chunk, or a file, in the debugger: stops at its first line (`steps`) or at an error.
    func debug(_ code: String, steps: Bool) throws -> [DisplayValue]
    /// The ways to go on at a UTF-8 offset of the line, which follows these rows of an unfinished chunk. Runs no user code.
    func complete(_ line: String, cursor: Int, after rows: String) -> Completion?
    /// Help on a name, an expression, or a text to search for; an overview for an empty topic.
    func help(_ topic: String, _ context: DisplayContext) throws -> [String]
    /// Where something is defined, and its text where there is one.
    func source(_ name: String, _ context: DisplayContext) throws -> [String]
    /// Called in the signal handler at Ctrl-C while a chunk runs: sets a hook and returns.
    var interruptHook: (@convention(c) () -> Void)? { get }
    /// Forgets an interrupt that has been answered.
    func forgetInterrupt()
}

extension PromptInterpreter {
    /// Nothing to forget.
    package func forgetInterrupt() {}
    /// Of a language that does not say.
    package func isComplete(_ chunk: String) -> Bool { !isIncomplete(chunk) }
    /// A language without a debugger.
    package func debug(_ code: String, steps: Bool) throws -> [DisplayValue] {
        throw PromptFailure(message: "there is no debugger here")
    }
}

/// A chunk that failed, as the prompt shows it.
package struct PromptFailure: Error {
    /// One line a person can act on, its position included.
    var message: String
    /// The user's own calls that led there, outermost last; shown dimmed.
    var traceback: [String] = []
    /// True when Ctrl-C did it.
    var isInterrupt = false

    package init(message: String, traceback: [String] = [], isInterrupt: Bool = false) {
        (self.message, self.traceback, self.isInterrupt) = (message, traceback, isInterrupt)
    }
}

/// A chunk that asked the program to end: `os.exit`.
package struct PromptExit: Error {
    var status: Int32
    package init(status: Int32) { self.status = status }
}
