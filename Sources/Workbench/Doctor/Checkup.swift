/// What a machine has of what runs need, each with the way to mend it: `doctor()`.
public struct Checkup: Sendable {
    /// How it stands with one thing.
    public enum State: String, Sendable {
        /// As it should be.
        case ok
        /// Works, with a limit that is worth knowing.
        case warning
        /// Something that people come here for will not work.
        case problem
    }
    /// One thing that was looked at.
    public struct Row: Sendable, Equatable {
        /// What it is, in a word or two.
        public let name: String
        /// How it stands.
        public let state: State
        /// What was found.
        public let found: String
        /// What to do about it; empty where nothing is to be done.
        public let fix: String
    }
    /// In the order in which they matter.
    public private(set) var rows: [Row] = []

    /// True when nothing is a problem.
    public var isFit: Bool { !rows.contains { $0.state == .problem } }

    /// Adds a row at the end.
    package mutating func add(_ name: String, _ state: State, _ found: String, fix: String = "") {
        rows.append(Row(name: name, state: state, found: found, fix: fix))
    }
}
