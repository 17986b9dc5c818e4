import Base

/// A Swift type that a configuration key can have: how it is read from YAML, leniently where the reference is lenient
/// (numbers in quotes, because YAML 1.1 takes `2e-4` for a string), and written.
protocol ConfigurationValue: Sendable, Equatable {
    static var kind: ConfigurationKind { get }
    /// Throws what is wrong, without the key's name.
    init(yaml: YAML) throws(ConversionFailure)
    var yaml: YAML { get }
}

/// Why a value does not fit its key: the end of a sentence that starts with the key.
struct ConversionFailure: Error {
    let message: String
    let place: YAML.Place?

    init(_ message: String, _ place: YAML.Place?) { (self.message, self.place) = (message, place) }
    init(_ kind: ConfigurationKind, _ yaml: YAML) { self.init("must be \(kind), got \(yaml.brief)", yaml.place) }
}

/// A key that takes one of a few names.
public protocol ConfigurationChoice: RawRepresentable<String>, CaseIterable, Sendable, Equatable {}

extension Int: ConfigurationValue {
    static var kind: ConfigurationKind { .integer }
    var yaml: YAML { YAML(.integer(self)) }

    init(yaml: YAML) throws(ConversionFailure) {
        switch yaml.value {
        case .integer(let value): self = value
        case .number(let number):
            guard let value = Int(exactly: number) else { fallthrough }
            self = value
        case .string:
            guard let number = yaml.numberInText, let value = Int(exactly: number) else { fallthrough }
            self = value
        default: throw ConversionFailure(.integer, yaml)
        }
    }
}

extension Double: ConfigurationValue {
    static var kind: ConfigurationKind { .number }
    var yaml: YAML { YAML(.number(self)) }

    init(yaml: YAML) throws(ConversionFailure) {
        switch yaml.value {
        case .integer(let value): self = Double(value)
        case .number(let value) where value.isFinite: self = value
        case .string:
            guard let value = yaml.numberInText else { fallthrough }
            self = value
        default: throw ConversionFailure(.number, yaml)
        }
    }
}

extension Bool: ConfigurationValue {
    static var kind: ConfigurationKind { .boolean }
    var yaml: YAML { YAML(.bool(self)) }

    init(yaml: YAML) throws(ConversionFailure) {
        switch yaml.value {
        case .bool(let value): self = value
        case .integer(0), .number(0): self = false
        case .integer(1), .number(1): self = true
        case .string(let text):
            switch text.lowercased() {
            case "true", "t", "yes", "y", "on", "1": self = true
            case "false", "f", "no", "n", "off", "0": self = false
            default: throw ConversionFailure(.boolean, yaml)
            }
        default: throw ConversionFailure(.boolean, yaml)
        }
    }
}

extension String: ConfigurationValue {
    static var kind: ConfigurationKind { .text }
    var yaml: YAML { YAML(.string(self)) }

    init(yaml: YAML) throws(ConversionFailure) {
        guard let text = yaml.string else {
            let hint = yaml.scalarText.map { yaml.isNull ? "" : "; write \"\($0)\" in quotes" } ?? ""
            throw ConversionFailure("must be text, got \(yaml.brief)\(hint)", yaml.place)
        }
        guard !text.contains("\0") else { throw ConversionFailure("must be text without a NUL character", yaml.place) }
        self = text
    }
}

extension [String]: ConfigurationValue {
    static var kind: ConfigurationKind { .texts }
    var yaml: YAML { YAML(.list(map { YAML(.string($0)) })) }

    init(yaml: YAML) throws(ConversionFailure) {
        guard let items = yaml.list else { throw ConversionFailure(.texts, yaml) }
        self = []
        for (place, item) in items.enumerated() {
            do { append(try String(yaml: item)) } catch {
                throw ConversionFailure("entry \(place + 1) \(error.message)", error.place)
            }
        }
    }
}

extension [String: Double]: ConfigurationValue {
    static var kind: ConfigurationKind { .parameters }
    /// Names that PyTorch wants as integers.
    private static let whole: Set = ["T_0", "T_mult", "T_max", "total_iters", "last_epoch"]

    var yaml: YAML {
        YAML(
            .mapping(
                sorted { $0.key < $1.key }.map { name, value in
                    let whole = Self.whole.contains(name) ? Int(exactly: value) : nil
                    return YAML.Member(YAML(.string(name)), whole?.yaml ?? value.yaml)
                }))
    }

    init(yaml: YAML) throws(ConversionFailure) {
        guard let members = yaml.mapping else {
            // Lua has one empty table for both.
            guard yaml.list?.isEmpty == true else { throw ConversionFailure(.parameters, yaml) }
            self = [:]
            return
        }
        self = [:]
        for member in members {
            do { self[member.name] = try Double(yaml: member.value) } catch {
                throw ConversionFailure("entry '\(member.name)' \(error.message)", error.place)
            }
        }
    }
}

extension VideoDimensions: ConfigurationValue {
    static var kind: ConfigurationKind { .dimensions }
    var yaml: YAML { YAML(.list([width.yaml, height.yaml, frames.yaml])) }

    init(yaml: YAML) throws(ConversionFailure) {
        var size: VideoDimensions?
        switch yaml.value {
        case .string(let text): size = VideoDimensions(text)
        case .list(let items) where items.count == 3:
            size = try VideoDimensions(
                width: Int(yaml: items[0]), height: Int(yaml: items[1]), frames: Int(yaml: items[2]))
        case .mapping(let members) where Set(members.map(\.name)) == ["width", "height", "frames"]:
            size = try VideoDimensions(
                width: Int(yaml: yaml["width"] ?? .null), height: Int(yaml: yaml["height"] ?? .null),
                frames: Int(yaml: yaml["frames"] ?? .null))
        default: break
        }
        guard let size else { throw ConversionFailure(.dimensions, yaml) }
        guard size.width > 0, size.height > 0, size.frames > 0 else {
            throw ConversionFailure("must be above 0, got \(size)", yaml.place)
        }
        self = size
    }
}

extension ConfigurationChoice {
    static var kind: ConfigurationKind { .choice(allCases.map(\.rawValue)) }
    var yaml: YAML { YAML(.string(rawValue)) }

    init(yaml: YAML) throws(ConversionFailure) {
        // YAML 1.1 reads an unquoted no as false; where "no" is a choice, that is what was meant.
        let text = yaml.value == .bool(false) && Self(rawValue: "no") != nil ? "no" : yaml.string
        guard let text, let value = Self(rawValue: text) else {
            let names = Self.allCases.map(\.rawValue), hint = text.map { Suggestion.hint(for: $0, in: names) } ?? ""
            throw ConversionFailure("must be \(Self.kind), got \(yaml.brief)\(hint)", yaml.place)
        }
        self = value
    }
}
extension TrainingMode: ConfigurationValue {}
extension ConditioningMode: ConfigurationValue {}
extension OptimizerType: ConfigurationValue {}
extension SchedulerType: ConfigurationValue {}
extension MixedPrecision: ConfigurationValue {}
extension CommunicationDType: ConfigurationValue {}
extension Quantization: ConfigurationValue {}
extension CompilationMode: ConfigurationValue {}
extension TimestepSamplingMode: ConfigurationValue {}

extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    static var kind: ConfigurationKind { .optional(Wrapped.kind) }
    var yaml: YAML { map(\.yaml) ?? .null }

    init(yaml: YAML) throws(ConversionFailure) {
        if yaml.isNull { self = nil; return }
        do { self = try Wrapped(yaml: yaml) } catch {
            // The reason names the inner type; null is possible too.
            throw ConversionFailure(
                error.message.replacingFirst("must be \(Wrapped.kind)", with: "must be \(Self.kind)"), error.place)
        }
    }
}

extension YAML {
    /// A number that was written in a way that YAML 1.1 takes for a string: `2e-4`, `"32"`.
    fileprivate var numberInText: Double? { string.flatMap { YAMLScalar.anyNumber($0) } }
}

extension String {
    fileprivate func replacingFirst(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
