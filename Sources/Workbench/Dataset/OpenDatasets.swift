import Foundations
import Synchronization

/// The datasets that this process has open, so that opening one twice gives the same clips, lock and undo.
enum OpenDatasets {
    private struct Reference: Sendable { weak var store: DatasetStore? }
    private static let stores = Mutex<[String: Reference]>([:])

    /// The open store of the location, read again, or a new one. Throws what opening throws.
    static func store(_ location: DatasetLocation) throws -> DatasetStore {
        if let open = stores.withLock({ $0[location.metadata]?.store }) {
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
    static var all: [DatasetStore] { stores.withLock { $0.values.compactMap(\.store) } }
}
