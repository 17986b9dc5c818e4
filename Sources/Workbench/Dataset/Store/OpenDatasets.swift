import Base
import Synchronization

/// The datasets that this process has open, so that opening one twice gives the same clips, lock and undo.
enum OpenDatasets {
    private struct Reference: Sendable { weak var store: DatasetStore? }
    private static let stores = Mutex<[String: Reference]>([:])

    /// The open store of the location, read again, or a new one. Throws what opening throws.
    static func store(_ location: DatasetLocation) throws -> DatasetStore {
        // One whose folder was moved away says nothing of the folder that is there now.
        if let open = stores.withLock({ $0[location.metadata]?.store }), open.home.isInPlace {
            try open.refresh()
            return open
        }
        let store = try DatasetStore(location)
        stores.withLock { stores in
            stores = stores.filter { $0.value.store != nil }
            stores[location.metadata] = Reference(store: store)
        }
        return store
    }
    /// False for what this process has said of a dataset before: a script that opens it in a loop is told once.
    static func isNews(_ note: String) -> Bool { told.withLock { $0.insert(note).inserted } }
    private static let told = Mutex<Set<String>>([])

    static var all: [DatasetStore] { stores.withLock { $0.values.compactMap(\.store) } }
}
