/// Of which blocks of the model a training step keeps only the input, and computes the rest again on the way back.
public enum GradientCheckpointing: Sendable, Equatable, ExpressibleByBooleanLiteral {
    /// Of none and of all of them.
    case off, on
    /// Of so many, the first ones.
    case blocks(Int)
    /// Of as many as the device has no room for.
    case auto

    /// `true` and `false`, as the reference has it.
    public init(booleanLiteral value: Bool) { self = value ? .on : .off }
}

extension GradientCheckpointing: ConfigurationValue {
    static var kind: ConfigurationKind { .orWords(.integer, ["true", "false", "auto"]) }
    var yaml: YAML {
        switch self {
        case .off: YAML(.bool(false))
        case .on: YAML(.bool(true))
        case .blocks(let count): YAML(.integer(count))
        case .auto: YAML(.string("auto"))
        }
    }

    init(yaml: YAML) throws(ConversionFailure) {
        if yaml.string == "auto" { self = .auto; return }
        switch yaml.value {
        // Not as a word for true or false: one block, or none.
        case .integer(let count) where count >= 0: self = count == 0 ? .off : .blocks(count)
        case .bool, .string:
            do { self = try Bool(yaml: yaml) ? .on : .off } catch { throw ConversionFailure(Self.kind, yaml) }
        default: throw ConversionFailure(Self.kind, yaml)
        }
    }
}

/// How many blocks of the model lie in host memory, and come to the device when their turn comes.
public enum OffloadedBlocks: Sendable, Equatable, ExpressibleByIntegerLiteral {
    case count(Int)
    /// As many as the device has no room for.
    case auto

    /// So many.
    public init(integerLiteral value: Int) { self = .count(value) }
}

extension OffloadedBlocks: ConfigurationValue {
    static var kind: ConfigurationKind { .orWords(.integer, ["auto"]) }
    var yaml: YAML {
        switch self {
        case .count(let count): count.yaml
        case .auto: YAML(.string("auto"))
        }
    }

    init(yaml: YAML) throws(ConversionFailure) {
        if yaml.string == "auto" { self = .auto; return }
        do { self = .count(try Int(yaml: yaml)) } catch { throw ConversionFailure(Self.kind, yaml) }
    }
}
