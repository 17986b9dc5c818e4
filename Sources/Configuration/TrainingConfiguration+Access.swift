import Base

extension TrainingConfiguration {
    // MARK: Dotted paths

    /// The value of a key, or a mapping of a whole section, by dotted path.
    /// Throws `ConfigurationError` for an unknown one.
    public func value(_ path: String) throws -> YAML {
        if let key = Self.key(path) { return key.value(in: self) }
        guard Self.sections.contains(where: { $0.name == path }) else { throw Self.unknown(path, nil).alone }
        return section(path)
    }

    /// Sets a key, or the named keys of a section, by dotted path, after checking type and range.
    ///
    /// Null sets a key that takes null, and the section `lora`. Throws `ConfigurationError`; nothing has changed then.
    public mutating func set(_ path: String, to value: YAML) throws {
        var changed = self
        try changed.assign(path, value)
        self = changed
    }

    /// A copy in which the keys of a nested mapping (`{lora: {rank: 32}}`) have other values.
    /// Throws `ConfigurationError`.
    public func copy(with overrides: YAML) throws -> TrainingConfiguration {
        guard let members = overrides.mapping else {
            if overrides.list?.isEmpty == true { return self }
            throw ConfigurationProblem("", "a mapping of keys to values was expected, got \(overrides.brief)").alone
        }
        var copy = self
        for member in members { try copy.set(member.name, to: member.value) }
        return copy
    }

    /// The keys whose values differ, with both values, in the order in which a configuration is written.
    public func differences(from other: TrainingConfiguration) -> [(key: String, value: YAML, other: YAML)] {
        Self.keys.compactMap { key in
            let value = key.value(in: self), otherValue = key.value(in: other)
            return value == otherValue ? nil : (key.path, value, otherValue)
        }
    }

    private mutating func assign(_ path: String, _ value: YAML) throws {
        if let key = Self.key(path) {
            do { try key.set(value, in: &self) } catch { throw error.alone }
            return
        }
        guard Self.sections.contains(where: { $0.name == path }) else { throw Self.unknown(path, value.place).alone }
        if path == "lora", value.isNull {
            lora = nil
            return
        }
        guard let members = value.mapping ?? (value.list?.isEmpty == true ? [] : nil) else {
            throw ConfigurationProblem(path, "'\(path)' must be a mapping of its keys, got \(value.brief)", value.place)
                .alone
        }
        if path == "lora", lora == nil { lora = LoRA() }
        for member in members { try assign("\(path).\(member.name)", member.value) }
    }

    // MARK: Writing

    /// The whole configuration as a mapping: every key that the reference trainer has, and of the others those that are not at
    /// their default.
    public var yaml: YAML {
        let top = Self.keys.filter(\.section.isEmpty)
        let sections = Self.sections.map { YAML.Member(YAML(.string($0.name)), section($0.name)) }
        return YAML(.mapping(sections + top.map { YAML.Member(YAML(.string($0.name)), $0.value(in: self)) }))
    }

    /// The configuration as a YAML file that this reader and the reference trainer accept.
    public var text: String { yaml.text }

    /// Writes the configuration, whole or not at all. Throws `FileError`.
    public func save(_ path: String) throws { try AtomicFile.write(text, to: path) }

    private func section(_ name: String) -> YAML {
        if name == "lora", lora == nil { return .null }
        return YAML(
            .mapping(
                Self.keys.filter { $0.section == name && (!$0.isOwn || $0.value(in: self) != $0.defaultValue) }.map {
                    YAML.Member(YAML(.string($0.name)), $0.value(in: self))
                })
        )
    }

    // MARK: Help

    /// The keys that have every word of `query` in their path, help or choices, best first: matches in the path lead.
    public static func search(_ query: String) -> [ConfigurationKey] {
        let words = query.lowercased().split { $0 == " " || $0 == "." || $0 == "_" }
        guard !words.isEmpty else { return [] }
        let matching = keys.filter { key in
            let text = "\(key.path) \(key.help) \(key.kind.choices.joined(separator: " "))".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        return matching.filter { key in words.allSatisfy { key.path.contains($0) } }
            + matching.filter { key in !words.allSatisfy { key.path.contains($0) } }
    }

    /// The names that can follow in a dotted path: `""` gives the sections and top keys, `"lora.r"` gives `lora.rank`.
    public static func completions(_ prefix: String) -> [String] {
        let names =
            prefix.contains(".") ? keys.map(\.path) : sections.map(\.name) + keys.filter(\.section.isEmpty).map(\.path)
        return names.filter { $0.hasPrefix(prefix) }
    }

    // MARK: Unknown keys

    /// What to say about a key that there is not: the nearest one beside it, or the section where one of that name is.
    static func unknown(_ path: String, _ place: YAML.Place?) -> ConfigurationProblem {
        let parts = path.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let message: String
        if parts.count == 2, sections.contains(where: { $0.name == parts[0] }) {
            let known = keys.filter { $0.section == parts[0] }.map(\.name)
            message = "unknown key '\(path)'" + hint(parts[1], in: known)
        } else {
            let known = sections.map(\.name) + keys.filter(\.section.isEmpty).map(\.name)
            message = "unknown key '\(path)'" + hint(parts[0], in: known)
        }
        return ConfigurationProblem(path, message, place, .unknownKey)
    }
    private static func hint(_ name: String, in known: [String]) -> String {
        if let near = Suggestion.nearest(to: name, in: known) { return " (did you mean '\(near)'?)" }
        if let elsewhere = keys.first(where: { $0.name == name }) { return " (did you mean '\(elsewhere.path)'?)" }
        return "; known here: \(known.joined(separator: ", "))"
    }
}

extension ConfigurationProblem {
    /// The error of this problem alone, for a value that was set by hand.
    var alone: ConfigurationError { .invalid([self], path: nil) }
}
