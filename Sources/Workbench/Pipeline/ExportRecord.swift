import Base

/// What a run's checkpoints were exported to, kept beside them: whether an export is of the newest checkpoint, and as it was written.
struct ExportRecord {
    private let output: String
    private var known: [String: Provenance] = [:]
    private var path: String { Path.join(output, "exports.json") }

    /// One that cannot be read says nothing.
    init(_ output: String) {
        self.output = output
        for (name, value) in (try? Files.json(path))?.object?.members ?? [] { known[name] = Provenance(value) }
    }

    /// The export of the newest checkpoint; nil where it is to be made.
    func path(_ format: LoRAFormat) -> String? {
        guard let entry = known[format.rawValue], let path = entry.facts["path"]?.string, entry.isDone,
            let source = try? CheckpointSource.file(output), entry.inputs["checkpoint"] == Self.identity(source),
            Self.identity(path) == entry.inputs["export"]
        else { return nil }
        return path
    }
    /// Another checkpoint was exported before, or what was written is another file now.
    func isStale(_ format: LoRAFormat) -> Bool { known[format.rawValue] != nil && path(format) == nil }

    /// Throws `FileError`.
    mutating func note(_ format: LoRAFormat, of checkpoint: String, _ path: String) throws {
        var entry = Provenance()
        entry.inputs = ["checkpoint": Self.identity(checkpoint), "export": Self.identity(path)]
        (entry.settings, entry.isDone) = (format.rawValue, true)
        entry.facts["path"] = .string(path)
        known[format.rawValue] = entry
        let members = known.sorted { $0.key < $1.key }.map { (key: $0, value: $1.json) }
        try AtomicFile.write(JSON.object(JSONObject(members)).text(indent: 1) + "\n", to: self.path)
    }

    /// Of peft's folder the file in it.
    private static func identity(_ path: String) -> String {
        let file = Files.isFolder(path) ? Path.join(path, "adapter_model.safetensors") : path
        return "\(Path.name(file)) \(Fingerprints.identity(file))"
    }
}
