import Base

/// What a file was made of, how and for which dataset: whether it is up to date, and whose it is.
///
/// Kept as JSON by those who make files, all in one form. What else a maker remembers of the file lies beside it.
struct Provenance: Equatable, Sendable {
    /// What it was made of, by the part that played: identities or hashes of contents.
    var inputs: [String: String] = [:]
    /// How it was made, as one line that is equal for equal settings.
    var settings = ""
    /// The dataset that it was made for: its metadata file, relative to the folder of the results. `nil` in records of
    /// before this was noted.
    var dataset: String?
    /// False from before the file is written until it is complete, so that what a killed run leaves is not taken for done.
    var isDone = false
    /// What else the maker remembers.
    var facts = JSONObject()

    /// Nothing is known yet.
    init() {}

    /// `nil` for what is no record.
    init?(_ json: JSON) {
        // Before there was one form for all, preprocessing had a mark, alone at first, and batch tools source and options.
        if let mark = json.string { (settings, isDone) = (mark, !mark.isEmpty); return }
        guard let object = json.object else { return nil }
        for (name, value) in object["inputs"]?.object?.members ?? [] { inputs[name] = value.string }
        for name in ["source", "content", "stamp"] where inputs[name] == nil { inputs[name] = object[name]?.string }
        settings = (object["settings"] ?? object["options"] ?? object["mark"])?.string ?? ""
        dataset = object["dataset"]?.string
        isDone = object["done"]?.bool ?? !settings.isEmpty
        facts = JSONObject(object.members.filter { !Self.names.contains($0.key) })
    }
    private static let names: Set = [
        "inputs", "settings", "dataset", "done", "source", "content", "stamp", "options", "mark",
    ]

    /// What `init` reads.
    var json: JSON {
        var object = JSONObject()
        object["inputs"] = .object(JSONObject(inputs.sorted { $0.key < $1.key }.map { (key: $0, value: .string($1)) }))
        object["settings"] = .string(settings)
        object["dataset"] = dataset.map { .string($0) }
        object["done"] = .bool(isDone)
        return .object(JSONObject(object.members + facts.members))
    }
}
