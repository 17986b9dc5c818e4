import Base

/// What a server says it has.
struct ModelList: Sendable {
    struct Entry: Sendable {
        let name: String
        /// Whether it takes images; nil where nothing is said.
        let takesImages: Bool?
    }
    private(set) var entries: [Entry] = []

    /// Nil for what is no list.
    init?(_ body: [UInt8]) {
        guard let json = try? JSON(parsing: body), let list = (json["data"] ?? json["models"] ?? json).array else {
            return nil
        }
        // llama.cpp has the names in one list and what they can in another.
        let abilities = json["models"]?.array ?? []
        for (place, item) in list.enumerated() {
            guard let name = item["id"]?.string ?? item["name"]?.string ?? item["model"]?.string else { continue }
            let extra = abilities.indices.contains(place) ? abilities[place] : item
            entries.append(Entry(name: name, takesImages: Self.takesImages(item) ?? Self.takesImages(extra)))
        }
    }
    private static func takesImages(_ item: JSON) -> Bool? {
        if let flag = item["supports_image_in"]?.bool ?? item["supports_vision"]?.bool { return flag }
        if let kinds = item["architecture"]?["input_modalities"]?.array { return kinds.contains("image") }
        if let type = item["type"]?.string, ["vlm", "llm", "embeddings"].contains(type) { return type == "vlm" }
        if let abilities = item["capabilities"]?.array {
            return abilities.contains { ["vision", "multimodal", "image"].contains($0.string) }
        }
        return nil
    }

    /// The model to use, and why; nil when none can be told to take images.
    func choice(_ preset: APIPreset) -> (name: String, reason: String)? {
        let able = entries.filter { $0.takesImages ?? Self.soundsAble($0.name) }
        func isThere(_ name: String) -> Bool { able.contains { $0.name == name } }
        if let usual = preset.usualModel, isThere(usual) { return (usual, "the usual one for \(preset.name)") }
        let plain = able.filter { preset.facts($0.name)?.isForCode != true && !$0.name.contains("code") }
        if let known = plain.first(where: { $0.takesImages == true }) {
            return (known.name, "the first of \(entries.count) that takes images")
        }
        if let first = plain.first ?? able.first { return (first.name, "by its name it takes images") }
        if entries.count == 1, entries[0].takesImages == nil { return (entries[0].name, "the only one there") }
        return nil
    }
    /// Names that vision-language models have.
    private static func soundsAble(_ name: String) -> Bool {
        let name = name.lowercased()
        let marks = [
            "vl", "vision", "llava", "gemini", "gpt-4o", "gpt-5", "minicpm-v", "pixtral", "gemma3", "gemma-3",
            "moondream",
            "internvl", "joycaption", "omni",
        ]
        return marks.contains { name.contains($0) }
    }
    /// Names for an error.
    var names: String {
        if entries.isEmpty { return "none" }
        let shown = entries.prefix(8).map { APIFailure.short($0.name) }.joined(separator: ", ")
        return shown + (entries.count > 8 ? " and \(entries.count - 8) more" : "")
    }
}
