import Base
import Torch

/// A file of golden tensors. Its metadata key `golden` is a JSON object: prompts, seed, grid, saved key names.
public struct Goldens {
    private let file: Safetensors.File
    private let names: Set<String>
    private let device: Device
    /// The object of the key `golden`; empty when the file has none.
    public let metadata: JSON

    /// Reads the header; tensors lie over the mapped file, or are copied to another device. Throws for a file that is
    /// no safetensors.
    public init(_ path: String, device: Device = .cpu) throws {
        file = try Safetensors.File(path)
        self.device = device
        names = Set(file.header.entries.map(\.name))
        metadata = try file.header.metadata["golden"].map { try JSON(parsing: $0) } ?? .object(JSONObject())
    }
    /// A tensor by its whole key. Throws when the file lacks it.
    public subscript(name: String) -> Tensor {
        get throws { try file.tensor(name).to(device) }
    }
    /// Whether the file has a tensor of this key.
    public func has(_ name: String) -> Bool { names.contains(name) }
    /// The keys that start with `prefix`, sorted, without it.
    public func keys(after prefix: String) -> [String] {
        names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
    }
    /// All tensors whose keys start with `prefix`, by the rest of the key.
    public func tensors(after prefix: String) throws -> [String: Tensor] {
        try Dictionary(uniqueKeysWithValues: keys(after: prefix).map { ($0, try self[prefix + $0]) })
    }
    /// Latent grid and pixel size of the golden video: (frames, height, width).
    public func sizes(_ key: String, _ fallback: [Int]) -> [Int] {
        metadata[key]?.array?.compactMap(\.integer) ?? fallback
    }
    /// What the reference seeded its generators with; 0 when the file does not say.
    public var seed: UInt64 { UInt64(metadata["seed"]?.integer ?? 0) }
}
