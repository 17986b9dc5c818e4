import Base
import Configuration
import Hub

/// Where models and the text encoders that they share are looked for.
struct ModelPlaces {
    /// The folder that names are looked up in.
    let models: String

    /// What a source may mean, the most literal first; none of them need be there.
    func candidates(_ source: String) -> [String] {
        let source = Path.expandingTilde(source)
        // A repository (`Lightricks/LTX-Video-0.9.7-dev`) and an address are looked up by their last part.
        let address = source.prefix { $0 != "?" && $0 != "#" }
        let parts = address.split(separator: "/").map(String.init)
        var name = parts.last ?? source
        if let tree = parts.firstIndex(of: "tree"), tree > 0 { name = parts[tree - 1] }
        // What begins with a folder that is here is a path, mistyped perhaps, and no repository.
        let isPath =
            source.hasPrefix("/") || source.hasPrefix(".")
            || parts.count > 1 && parts[0] != Path.name(models) && Files.isFolder(parts[0])
        var names = [name]
        if !isPath, let version = ModelVersion(spelled: name) { names += version.published }
        let there = isPath ? [] : ((try? Files.list(models)) ?? []).sorted()
        var candidates = [source, Path.join(models, source)]
        for name in names where !isPath {
            candidates.append(Path.join(models, name))
            let letters = ModelVersion.letters(name)
            candidates += there.filter { ModelVersion.letters($0) == letters }.map { Path.join(models, $0) }
            // Where a download puts single files, beside the text encoder of their repository.
            let shared = Path.join(models, "LTX-Video/\(name)")
            if name.hasSuffix(".safetensors"), Files.exists(shared) { candidates.append(shared) }
        }
        if !isPath, let cached = cached(source) { candidates.append(cached) }
        var seen: Set<String> = []
        return candidates.filter { seen.insert($0).inserted }
    }

    /// A repository, or the repository of a version, in the cache of Hugging Face's programs.
    private func cached(_ source: String) -> String? {
        let model = ModelRegistry.find(source)
        guard model?.checkpoint == nil, let environment = try? HubEnvironment(),
            let repository = try? HubRepository(model?.repository ?? source), model != nil || source.contains("/")
        else { return nil }
        return HubCache(environment.cache).snapshot(of: repository, having: ["model_index.json"])
    }

    /// What an option names: the part itself, a model that has it, or a file of T5 alone. Nil without an option.
    func chosen(_ option: String?, _ part: String) throws -> String? {
        guard let option else { return nil }
        let found = candidates(option).first { Files.isFolder($0) || part == "text_encoder" && Files.exists($0) }
        guard let found else { throw ModelFolderError.missing(option, lookedIn: candidates(option)) }
        let inside = Path.join(found, part)
        return Path.absolute(Files.isFolder(inside) ? inside : found)
    }

    /// A part that models share: beside the single file, in `LTX-Video` or another model, in a folder or a file of T5's
    /// own, or where ComfyUI keeps text encoders.
    func shared(_ part: String, besides folder: String) -> String? {
        let names = ((try? Files.list(models)) ?? []).sorted()
        let ours = ["LTX-Video"] + names.filter { ModelVersion.letters($0).hasPrefix("ltx") }
        let textual = names.filter { ModelVersion.letters($0).hasPrefix("t5") }
        var places = [folder] + (ours + textual).map { Path.join(models, $0) }
        for sibling in ["text_encoders", "clip"] {
            let parent = Path.join(Path.folder(folder), sibling)
            places += [parent] + ((try? Files.list(parent)) ?? []).sorted().map { Path.join(parent, $0) }
        }
        for place in places {
            let inside = Path.join(place, part)
            if isPart(inside, part) { return Path.absolute(inside) }
            if place != folder, isPart(place, part) { return Path.absolute(place) }
        }
        // ComfyUI's files of T5, which have no tokenizer.
        guard part == "text_encoder" else { return nil }
        return places.first { Self.isEncoderFile($0) }.map(Path.absolute)
    }
    private static func isEncoderFile(_ path: String) -> Bool {
        ModelVersion.letters(Path.name(path)).hasPrefix("t5") && path.hasSuffix(".safetensors")
            && !Files.isFolder(path)
    }
    private func isPart(_ folder: String, _ part: String) -> Bool {
        part == "tokenizer"
            ? ["spiece.model", "tokenizer.json"].contains { Files.exists(Path.join(folder, $0)) }
            : Files.exists(Path.join(folder, "config.json"))
                && ["model.safetensors", "model.safetensors.index.json"].contains {
                    Files.exists(Path.join(folder, $0))
                }
    }
}
