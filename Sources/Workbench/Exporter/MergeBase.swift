import Base
import LTXVideo
import Torch

/// The transformer that a LoRA is merged into, as its files.
struct MergeBase {
    /// What was found: a folder or a single file.
    let path: String
    /// The transformer's folder, and that of the whole model; the same where only the one is there.
    let folder: String, root: String
    let isSingleFile: Bool
    let shards: [Shard]

    /// One file of it.
    struct Shard {
        let file: Safetensors.File
        /// The transformer's tensors: the name in the file by that in diffusers.
        let names: [String: String]
        private let modules: [String: String]

        init(_ file: Safetensors.File, _ names: [String: String]) {
            (self.file, self.names) = (file, names)
            modules = Dictionary(names.map { (Self.stem($1), Self.stem($0)) }) { first, _ in first }
        }
        private static func stem(_ name: String) -> String {
            name.split(separator: ".").dropLast().joined(separator: ".")
        }

        /// The module that a tensor belongs to, as diffusers names it.
        func module(of name: String) -> String? { modules[Self.stem(name)] }
        /// Whether it is what a weight in 8 bits is scaled by, or what goes into it.
        func isScale(_ name: String) -> Bool {
            Self.scales.contains { name.hasSuffix(".\($0)") } || name.hasSuffix(".scale_input")
                || name.hasSuffix(".input_scale")
        }
        private static let scales = ["scale_weight", "weight_scale"]
        /// A weight as numbers, in fp32.
        func weight(_ name: String) throws -> Tensor {
            let weight = try file.tensor(name).to(.float32)
            for scale in Self.scales.map({ "\(Self.stem(name)).\($0)" }) where file.header[scale] != nil {
                return try weight * file.tensor(scale).to(.float32)
            }
            return weight
        }
    }

    init(_ source: String, models: String) throws {
        let literal = Path.expandingTilde(source)
        path =
            Files.exists(literal) ? Path.absolute(literal) : try ModelFolder(finding: source, models: models).identity
        isSingleFile = !Files.isFolder(path)
        if isSingleFile {
            // Says itself of what it cannot read.
            _ = try SingleFileCheckpoint(path)
            let file = try Safetensors.File(path)
            (folder, root) = (Path.folder(path), Path.folder(path))
            shards = [Shard(file, CheckpointKeys.names(file.header.entries.map(\.name)).transformer)]
            return
        }
        let inside = Path.join(path, "transformer"), home = Files.isFolder(inside) ? inside : path
        (folder, root) = (home, path)
        let index = try Files.list(home).first { $0.hasSuffix(".safetensors.index.json") }
        let names =
            try index.map { try SafetensorsIndex(file: Path.join(home, $0)).shards }
            ?? Files.list(home).filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
        guard !names.isEmpty, index != nil || names.count == 1 else { throw MergeError.noBase(path) }
        shards = try names.map { name in
            let file = try Safetensors.File(Path.join(home, name))
            return Shard(file, Dictionary(uniqueKeysWithValues: file.header.entries.map { ($0.name, $0.name) }))
        }
        guard shards.contains(where: { $0.names["proj_in.weight"] != nil }) else { throw MergeError.noBase(path) }
    }

    var byteCount: Int { shards.reduce(0) { $0 + (Files.size($1.file.path) ?? 0) } }

    /// Throws `MergeError` for an adapter whose weight is not there or of another shape.
    func requireWeights(of lora: LoRAFile) throws {
        for adapter in lora.adapters {
            let name = "\(adapter.module).weight"
            guard let shard = shards.first(where: { $0.names[name] != nil }), let key = shard.names[name] else {
                throw MergeError.noModule(path, module: adapter.module, lora: lora.path)
            }
            let shape = try shard.file.entry(key).shape, own = [adapter.b.size(0), adapter.a.size(1)]
            guard shape == own else { throw MergeError.shapes(path, module: adapter.module, weight: shape, lora: own) }
        }
    }
}
