import Base
import Synchronization

/// What a session has changed and made, for the table at its end. Runs and captioning have lists of their own.
public final class Ledger: Sendable {
    /// The one of this process.
    public static let session = Ledger()

    /// One kind of thing in one place.
    public struct Entry: Sendable, Equatable {
        /// `"edited"`, `"cut"`, `"sampled"`.
        public let what: String
        /// `"clip"`; empty for a file, which is its own place.
        public let unit: String
        /// A folder, or the file.
        public let place: String
        /// How many.
        public internal(set) var count: Int
    }
    private let members = Mutex<[Entry]>([])

    /// Nothing yet.
    public init() {}

    /// In the order in which they were first made.
    public var entries: [Entry] { members.withLock { $0 } }

    /// So many clips of a folder were dealt with.
    func add(_ what: String, _ count: Int, _ unit: String, in place: String) {
        guard count > 0 else { return }
        members.withLock { members in
            if let known = members.firstIndex(where: { $0.what == what && $0.place == place }) {
                members[known].count += count
            } else {
                members.append(Entry(what: what, unit: unit, place: place, count: count))
            }
        }
    }
    /// A file was written, again perhaps.
    func add(_ what: String, file: String) {
        members.withLock { members in
            let entry = Entry(what: what, unit: "", place: Path.absolute(file), count: 1)
            if !members.contains(entry) { members.append(entry) }
        }
    }
}
