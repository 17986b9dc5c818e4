import Base

extension TrainingConfiguration {
    /// Reads a file.
    /// Unknown keys, wrong types, values out of range and broken cross checks are errors with line and column.
    ///
    /// - Parameter note: called with what is accepted but worth a sentence, such as a key in its older place.
    /// Throws `FileError`, `YAMLError` or `ConfigurationError`.
    public static func load(_ path: String, note: (String) -> Void = { _ in }) throws -> TrainingConfiguration {
        let path = Installation.path(path)
        return try TrainingConfiguration(YAML(file: path), path: path, note: note)
    }

    /// Reads a template and fills its places. `values` maps bare names to text: `["RANK": "32"]`.
    ///
    /// Throws as `load` does, and for a value that has no place in the template.
    public static func template(
        _ path: String, _ values: [String: String], note: (String) -> Void = { _ in }
    ) throws -> TrainingConfiguration {
        let yaml = try YAML(file: path), known = Placeholder.names(in: yaml)
        for name in values.keys.sorted() where !known.contains(name) {
            throw ConfigurationError.unknownPlaceholder(name, known: known, path: path)
        }
        return try TrainingConfiguration(Placeholder.fill(yaml, with: values), path: path, note: note)
    }

    /// The file of a template by its name: `"ltxv_2b_lora"` is `configs/ltxv_2b_lora.yaml`, here or among the program's
    /// own; a path stands for itself.
    public static func templatePath(_ name: String, folder: String = "configs") throws -> String {
        if name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            let inside = Installation.path(Path.join(folder, name))
            return !Files.exists(name) && Files.exists(inside) ? inside : Installation.path(name)
        }
        let path = Installation.path(Path.join(folder, name + ".yaml"))
        guard !Files.exists(path) else { return path }
        throw ConfigurationError.unknownTemplate(name, known: templateNames(in: folder), folder: folder)
    }
    /// The names that `templatePath` finds in a folder, here and among the program's own.
    public static func templateNames(in folder: String = "configs") -> [String] {
        let files = Installation.folders(folder).flatMap { (try? Files.list($0)) ?? [] }
        return Set(files.filter { $0.hasSuffix(".yaml") }.map(Path.stem)).sorted()
    }

    /// The places of a template by its name or path, bare; none where it cannot be read.
    public static func places(inTemplate name: String) -> [String] {
        guard let path = try? templatePath(name), let yaml = try? YAML(file: path) else { return [] }
        return Placeholder.names(in: yaml)
    }

    /// Decodes a parsed file. `path` names it in errors. Throws `ConfigurationError` with everything that is wrong.
    public init(_ yaml: YAML, path: String? = nil, note: (String) -> Void = { _ in }) throws {
        var reader = ConfigurationReader()
        reader.read(yaml, note: note)
        guard reader.problems.isEmpty else { throw ConfigurationError.invalid(reader.problems, path: path) }
        self = reader.configuration
        let file = path.map { "'\($0)': " } ?? ""
        for warning in warnings { note(file + warning) }
    }
}

private struct ConfigurationReader {
    var configuration = TrainingConfiguration()
    var problems: [ConfigurationProblem] = []
    /// Where each key that was read stands.
    private var places: [String: YAML.Place] = [:]
    private static let olderPlace = "optimization.first_frame_conditioning_p"
    private static let place = "conditioning.first_frame_conditioning_p"

    mutating func read(_ yaml: YAML, note: (String) -> Void) {
        guard let members = yaml.mapping else {
            let what = yaml.isNull ? "the file is empty" : "a mapping of keys was expected, got \(yaml.brief)"
            problems.append(
                ConfigurationProblem("", what + "; a configuration starts with a line such as 'model:'", yaml.place))
            return
        }
        configuration.lora = nil
        for member in members {
            if TrainingConfiguration.sections.contains(where: { $0.name == member.name }) {
                section(member)
            } else {
                key(member.name, member)
            }
        }
        olderPlace(in: yaml, note)
        let missing = TrainingConfiguration.keys.filter { $0.isRequired && places[$0.path] == nil }.map { key in
            let section = members.first { $0.name == key.section }?.key.place
            let what = key.help.prefix(1).lowercased() + key.help.dropFirst().dropLast()
            return ConfigurationProblem(key.path, "'\(key.path)' is missing: \(what)", section ?? yaml.place)
        }
        if problems.isEmpty, missing.isEmpty {
            // Written but left empty, as `save` writes it of a configuration that is not finished: `validate` tells, before training.
            let open = TrainingConfiguration.keys.filter {
                $0.isRequired && $0.value(in: configuration) == $0.defaultValue
            }.map(\.path)
            problems = configuration.validate(places: places).filter { !open.contains($0.key) }
        }
        problems.sort { ($0.place?.line ?? 0, $0.place?.column ?? 0) < ($1.place?.line ?? 0, $1.place?.column ?? 0) }
        // Last, since a key that is not there is often one that was misspelt.
        problems += missing
    }

    private mutating func section(_ member: YAML.Member) {
        let name = member.name
        places[name] = member.key.place
        if name == "lora", member.value.isNull { return }
        guard let members = member.value.mapping else {
            let advice = member.value.isNull ? "; leave the line out for the defaults" : ""
            let message = "'\(name)' must be a mapping of its keys, got \(member.value.brief)\(advice)"
            problems.append(ConfigurationProblem(name, message, member.value.place))
            return
        }
        if name == "lora" { configuration.lora = TrainingConfiguration.LoRA() }
        for inner in members where "\(name).\(inner.name)" != Self.olderPlace { key("\(name).\(inner.name)", inner) }
    }

    private mutating func key(_ path: String, _ member: YAML.Member) {
        guard let key = TrainingConfiguration.key(path) else {
            problems.append(TrainingConfiguration.unknown(path, member.key.place))
            return
        }
        places[path] = member.value.place
        do { try key.set(member.value, in: &configuration) } catch { problems.append(error) }
    }

    /// The GUI fork writes `first_frame_conditioning_p` under `optimization`.
    private mutating func olderPlace(in yaml: YAML, _ note: (String) -> Void) {
        guard let value = yaml["optimization"]?["first_frame_conditioning_p"] else { return }
        let line = value.place.map { "line \($0.line): " } ?? ""
        guard places[Self.place] == nil else {
            note("\(line)'\(Self.olderPlace)' is not used; '\(Self.place)' is there too")
            return
        }
        note("\(line)'\(Self.olderPlace)' is an older place of '\(Self.place)'; read as that")
        key(Self.place, YAML.Member("first_frame_conditioning_p", value))
    }
}
