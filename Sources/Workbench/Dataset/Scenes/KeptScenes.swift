import Base

/// What was said of one video's scenes that have no clip now, so that it comes back when they are cut again.
///
/// A hidden file beside the clips that is always whole, by scene as `SplitRecord` has them.
struct KeptScenes {
    private let path: String
    private var scenes: [String: Scene] = [:]

    struct Scene: Equatable {
        /// Its media path means nothing here.
        var entry: MetadataEntry
        /// Somebody took the clip out of the dataset.
        var isRemoved = false
    }

    /// Throws `FileError` or `JSONError`: what cannot be read must not be written over.
    init(of source: String, in folder: String) throws {
        path = Path.join(Path.join(folder, ".scenes"), source + ".captions.json")
        guard Files.exists(path) else { return }
        for (scene, value) in try Files.json(path).object?.members ?? [] {
            let entry = MetadataEntry(
                mediaPath: "", caption: value["caption"]?.string, reference: value["reference"]?.string,
                excluded: value["excluded"]?.bool ?? false, columns: value["columns"]?.object ?? JSONObject())
            scenes[scene] = Scene(entry: entry, isRemoved: value["removed"]?.bool ?? false)
        }
    }
    subscript(scene: String) -> Scene? {
        get { scenes[scene] }
        set { scenes[scene] = newValue }
    }

    func save() throws {
        if scenes.isEmpty {
            Files.remove(path)
            return
        }
        let members = scenes.sorted { $0.key < $1.key }.map { (key: $0, value: Self.json($1)) }
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write(JSON.object(JSONObject(members)).text(indent: 2) + "\n", to: path)
    }
    private static func json(_ scene: Scene) -> JSON {
        var object = JSONObject(), entry = scene.entry
        object["caption"] = entry.caption.map { .string($0) }
        object["reference"] = entry.reference.map { .string($0) }
        if entry.excluded { object["excluded"] = .bool(true) }
        if !entry.columns.members.isEmpty { object["columns"] = .object(entry.columns) }
        if scene.isRemoved { object["removed"] = .bool(true) }
        return .object(object)
    }
}
