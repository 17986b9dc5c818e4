import Base
import Torch

/// What is in a LoRA file, by its header.
public struct LoRAInspection: Sendable {
    /// The file that was read.
    public let path: String
    /// How its keys are spelt.
    public let format: LoRAFormat
    /// Texts that the writer left.
    public let metadata: [String: String]
    /// Every tensor, in the order of the file.
    public let tensors: [SafetensorsHeader.Entry]
    /// The ranks that occur, ascending; one in all but unusual files, none in a file that is no LoRA.
    public let ranks: [Int]
    /// The alpha that the file tells; `nil` when it tells none, and consumers take the rank.
    public let alpha: Double?
    /// Endings of module names, as `lora.target_modules` takes them, sorted.
    public let targets: [String]
    /// Modules that have an adapter.
    public let moduleCount: Int
    /// What is wrong with the file as a LoRA, a sentence each.
    public let problems: [String]

    /// Elements of all tensors.
    public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }
    /// Bytes of all tensors.
    public var byteCount: Int { tensors.reduce(0) { $0 + $1.range.count } }
    /// The element types that occur, sorted by name.
    public var dtypes: [DType] { Set(tensors.map(\.dtype)).sorted { $0.description < $1.description } }

    init(_ file: Safetensors.File) throws {
        (path, metadata, tensors) = (file.path, file.header.metadata, file.header.entries)
        format = LoRAFormat(keys: tensors.map(\.name))
        var modules: [String: Module] = [:], targets: Set<String> = [], problems: [String] = [],
            alphas: Set<Double> = []
        // One sentence, where each of its tensors would have one of its own.
        let other = tensors.map(\.name).sorted().lazy.compactMap(LoRAKey.otherKind).first
        if let other { problems.append(LoRAFileError.kind(path, other).reason) }
        for entry in tensors {
            guard let key = LoRAKey(entry.name) else {
                if format != .weights, other == nil {
                    problems.append("the tensor '\(entry.name)' belongs to no adapter")
                }
                continue
            }
            targets.insert(key.target)
            switch key.role {
            case .down: modules[key.module, default: Module()].down = entry.shape
            case .up: modules[key.module, default: Module()].up = entry.shape
            case .magnitude: modules[key.module, default: Module()].lengths = entry.count
            case .alpha:
                modules[key.module, default: Module()].hasAlpha = true
                if let alpha = try Self.scalar(entry.name, of: file) { alphas.insert(alpha) }
            }
        }
        for (name, module) in modules.sorted(by: { $0.key < $1.key }) {
            if other == nil, let problem = module.problem { problems.append("'\(name)' \(problem)") }
        }
        ranks = Set(modules.values.compactMap(\.rank)).sorted()
        alpha = alphas.count == 1 ? alphas.first : Self.alpha(in: metadata)
        if alphas.count > 1 {
            problems.append("its alphas differ: \(alphas.sorted().map { "\($0)" }.joined(separator: ", "))")
        }
        if let foreign = tensors.map(\.name).sorted().first(where: { LoRAKey($0)?.isOfTransformer == false }),
            other == nil
        {
            problems.append(LoRAFileError.foreign(path, key: foreign).reason)
        }
        problems += Self.valuesProblems(file)
        if ranks.count > 1, LoRAMetadata(metadata)?.hasRanks != true {
            problems.append("its ranks differ: \(ranks.map(String.init).joined(separator: ", "))")
        }
        (self.targets, moduleCount, self.problems) = (targets.sorted(), modules.count, problems)
    }

    /// What is wrong with the numbers of a LoRA whose form is right.
    private static func valuesProblems(_ file: Safetensors.File) -> [String] {
        guard let lora = try? LoRAFile(file.path) else { return [] }
        do { try lora.requireFinite() } catch let error as LoRAFileError {
            return [error.reason]
        } catch { return ["\(error)"] }
        return (try? lora.hasNoEffect()) == true ? ["every lora_B is zero: it changes nothing"] : []
    }

    private struct Module {
        var down: [Int]?, up: [Int]?
        var hasAlpha = false
        /// Elements of the magnitude of a DoRA.
        var lengths: Int?

        var rank: Int? { down?.first }
        var problem: String? {
            guard let down else { return "has no lora_A" }
            guard let up else { return "has no lora_B" }
            guard down.count >= 2, up.count >= 2, !down.contains(0), !up.contains(0) else {
                return "has the shapes \(down) and \(up); both must be matrices"
            }
            if let lengths, lengths != up[0] { return "has \(lengths) magnitudes for \(up[0]) outputs" }
            return down[0] == up[1] ? nil : "has the shapes \(down) and \(up), whose ranks differ"
        }
    }

    /// The value of a tensor with one element of a type that alphas are written in.
    static func scalar(_ name: String, of file: Safetensors.File) throws -> Double? {
        let entry = try file.entry(name)
        guard entry.shape.allSatisfy({ $0 == 1 }) else { return nil }
        return try file.withBytes(of: entry.name) { bytes in
            switch entry.dtype {
            case .float32: Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))))
            case .float64: Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
            case .bfloat16:
                Double(Float(bitPattern: UInt32(UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))) << 16))
            case .float16: half(UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self)))
            case .int64: Double(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
            case .int32: Double(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self)))
            default: nil
            }
        }
    }
    /// IEEE 754 binary16.
    private static func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10) & 31, fraction = Double(bits & 1023) / 1024, sign = bits >> 15 == 1 ? -1.0 : 1.0
        switch exponent {
        case 0: return sign * fraction * 0x1p-14
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }

    /// The alpha that Kohya's scripts and diffusers write into the metadata.
    private static func alpha(in metadata: [String: String]) -> Double? {
        if let text = metadata["ss_network_alpha"], let value = Double(text) { return value }
        guard let text = metadata["lora_adapter_metadata"], let members = try? JSON(parsing: text).object?.members
        else {
            return nil
        }
        return members.first { $0.key.hasSuffix("lora_alpha") }?.value.number
    }
}

extension LoRAInspection: CustomStringConvertible {
    /// A card of a few lines.
    public var description: String {
        var rows = [
            ("file", path), ("format", format.title),
            (
                "tensors",
                "\(tensors.count) (\(dtypes.map(\.description).joined(separator: ", "))), \(ByteCount(byteCount))"
            ),
            ("parameters", "\(parameterCount)"),
        ]
        if format != .weights {
            let rank = ranks.map(String.init).joined(separator: ", ")
            rows += [
                ("rank", rank),
                ("alpha", alpha.map { Int(exactly: $0).map(String.init) ?? "\($0)" } ?? "not stored (rank is assumed)"),
                ("modules", "\(moduleCount)"), ("targets", targets.joined(separator: ", ")),
            ]
        }
        rows += metadata.sorted { $0.key < $1.key }.map { ("metadata", "\($0.key) = \($0.value)") }
        rows += problems.map { ("problem", $0) }
        return rows.map { $0.0 + String(repeating: " ", count: max(1, 12 - $0.0.count)) + $0.1 }.joined(separator: "\n")
    }
}
