import Base
import Synchronization

/// The datasets that a session has open, so that opening one twice gives the same clips, lock and undo.
public final class OpenDatasets: Sendable {
    /// Those of a process that has one session.
    public static let shared = OpenDatasets()

    let projects = LinkedProjects()
    private struct Reference: Sendable { weak var store: DatasetStore? }
    private let stores = Mutex<[String: Reference]>([:])
    private let told = Mutex<Set<String>>([])
    /// Numbers input lines while one runs, 0 between them.
    private let line = Mutex((current: 0, last: 0))

    /// None.
    public init() {}

    /// The open store of the location, read again, or a new one. Throws what opening throws.
    func store(_ location: DatasetLocation) throws -> DatasetStore {
        // One whose folder was moved away says nothing of the folder that is there now.
        if let open = stores.withLock({ $0[location.metadata]?.store }), open.home.isInPlace {
            try open.refresh()
            return open
        }
        let store = try DatasetStore(location, among: self)
        stores.withLock { stores in
            stores = stores.filter { $0.value.store != nil }
            stores[location.metadata] = Reference(store: store)
        }
        return store
    }
    /// False for what this session has said of a dataset before: a script that opens it in a loop is told once.
    func isNews(_ note: String) -> Bool { told.withLock { $0.insert(note).inserted } }

    /// Whose edits are one step of undo; 0 for each its own.
    var group: Int { line.withLock(\.current) }
    /// Runs an input line: all edits that it makes are one step of undo.
    public func asOneStep<Value>(_ body: () throws -> Value) rethrows -> Value {
        let outer = line.withLock { line in
            defer { if line.current == 0 { (line.last, line.current) = (line.last + 1, line.last + 1) } }
            return line.current
        }
        defer { line.withLock { $0.current = outer } }
        return try body()
    }

    /// Folds and unlocks every dataset that is open: the last act of a session.
    ///
    /// Returns the sentences of what failed; edits that could not be folded stay in their journals and come back.
    public func closeAll(monitor: Monitor = Monitor()) -> [String] {
        let stores = stores.withLock { $0.values.compactMap(\.store) }
        defer { for store in stores { store.forgetSteps() } }
        return stores.compactMap { store in
            do { try Dataset(store).close(monitor: monitor) } catch let error as DatasetError {
                // The journal is not at its path then, and the error says where.
                if case .moved = error { return "\(error)" }
                return "\(error); what was edited is safe in '\(store.location.files.journal)', for the next opening"
            } catch {
                return "\(error); what was edited is safe in '\(store.location.files.journal)', for the next opening"
            }
            return nil
        }
    }

    /// What the disk says now of the dataset with this metadata file, whoever has it open: edits are in the journal there
    /// before they count. `nil` when it cannot be read.
    static func entries(at metadata: String) -> [MetadataEntry]? {
        DatasetContents(at: metadata)?.entries
    }
}

/// Projects that are links to folders elsewhere. A dataset is known by its path without links, which has lost the
/// project's name; what lies inside the folder, such as its scenes, belongs to the project all the same.
final class LinkedProjects: Sendable {
    /// Names by the folder that the link leads to.
    private let names = Mutex<[String: String]>([:])

    /// Remembers the project of a path as a person wrote it, where following links loses it.
    func note(_ written: String) {
        guard let project = DatasetLocation.project(of: written) else { return }
        let folder = DatasetLocation.resolved(project.folder)
        if folder != project.folder { names.withLock { $0[folder] = project.name } }
    }
    /// The project that a path without links lies in, `nil` where no link led to it so far.
    func name(of path: String) -> String? {
        names.withLock { names in
            names.first { path == $0.key || path.hasPrefix($0.key + "/") }?.value
        }
    }
}
