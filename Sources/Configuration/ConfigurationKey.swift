/// One key of a configuration: everything that reading, writing, help and completion need to know.
public struct ConfigurationKey: Sendable {
    /// The dotted path: `"optimization.learning_rate"`.
    public let path: String
    /// The type.
    public let kind: ConfigurationKind
    /// The range of a number; `nil` when any will do.
    public let bounds: ConfigurationBounds?
    /// `"pixels"`, `"updates"`; `nil` for a bare value.
    public let unit: String?
    /// What it does, in one sentence.
    public let help: String
    /// A value as one would type it in Lua.
    public let example: String
    /// The value when the key is not written.
    public let defaultValue: YAML
    /// The key must be written: its default is no valid value.
    public let isRequired: Bool
    /// The reference trainer does not have it, and refuses files with it: it is written only where it is not the default.
    public let isOwn: Bool

    private let read: @Sendable (TrainingConfiguration) -> YAML
    private let write: @Sendable (inout TrainingConfiguration, YAML) throws(ConversionFailure) -> Void

    /// The part before the dot, empty for a key at the top.
    public var section: String { path.contains(".") ? String(path.prefix { $0 != "." }) : "" }
    /// The part after the dot.
    public var name: String { String(path.split(separator: ".").last ?? "") }

    init<Value: ConfigurationValue>(
        _ path: String, _ property: any WritableKeyPath<TrainingConfiguration, Value> & Sendable, _ help: String,
        _ example: String, _ bounds: ConfigurationBounds? = nil, unit: String? = nil, isRequired: Bool = false,
        isOwn: Bool = false
    ) {
        (self.path, self.help, self.example, self.bounds, self.unit) = (path, help, example, bounds, unit)
        (self.isRequired, self.isOwn, kind) = (isRequired, isOwn, Value.kind)
        defaultValue = TrainingConfiguration()[keyPath: property].yaml
        read = { $0[keyPath: property].yaml }
        write = { configuration, yaml throws(ConversionFailure) in
            configuration[keyPath: property] = try Value(yaml: yaml)
        }
    }

    /// The value in a configuration; null for every key of a section that is null.
    func value(in configuration: TrainingConfiguration) -> YAML {
        section == "lora" && configuration.lora == nil ? .null : read(configuration)
    }

    /// Sets the value after checking its type and range.
    func set(_ yaml: YAML, in configuration: inout TrainingConfiguration) throws(ConfigurationProblem) {
        if let name = Placeholder.unfilled(in: yaml, for: self) {
            let problem =
                "'\(path)' holds \(name), a place to fill in a template; "
                + "write the value, or give it in Config.template(name, { \(Placeholder.bare(name)) = … })"
            throw ConfigurationProblem(path, problem, yaml.place, .unfilled)
        }
        var changed = configuration
        do { try write(&changed, yaml) } catch {
            throw ConfigurationProblem(path, "'\(path)' \(error.message)", error.place ?? yaml.place)
        }
        try check(changed, at: yaml.place)
        configuration = changed
    }

    /// Throws when the value is out of its range.
    func check(_ configuration: TrainingConfiguration, at place: YAML.Place?) throws(ConfigurationProblem) {
        let number: Double
        switch value(in: configuration).value {
        case .integer(let value): number = Double(value)
        case .number(let value): number = value
        default: return
        }
        guard number.isFinite, bounds?.contains(number) != false else {
            let range = bounds?.description ?? "a finite number"
            throw ConfigurationProblem(
                path, "'\(path)' must be \(range), got \(YAMLWriter.text(of: number).trimmed)", place)
        }
    }
}

extension String {
    /// `8.0` as `8`.
    fileprivate var trimmed: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}
