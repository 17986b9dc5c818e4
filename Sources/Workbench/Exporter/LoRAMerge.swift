import Base
import Glibc
import LTXVideo
import Torch

/// A LoRA multiplied into the weights that it was taught on: a whole model that needs no LoRA.
///
/// Tensor by tensor, from mapped files into new ones: it takes the memory of one weight, whatever the model's size.
public struct LoRAMerge {
    private let lora: LoRAFile, scale: Double
    private let base: MergeBase, output: String
    private let adapters: [String: LoRAFile.Adapter]

    /// - Parameters:
    ///   - base: a model folder, its transformer's folder, a single-file checkpoint, or a model's name.
    ///   - scale: how strong the LoRA is in it.
    ///   - output: a folder as the base is one; a `.safetensors` file for a single file.
    /// Throws before anything is written: `LoRAFileError`, `ModelFolderError`, `MergeError`, `ExporterError`.
    public init(base: String, lora: String, scale: Double = 1, output: String, models: String = "models") throws {
        self.lora = try Exporter.plain(lora, "merged")
        try self.lora.requireFinite()
        self.base = try MergeBase(base, models: models)
        (self.scale, self.output) = (scale, Path.expandingTilde(output))
        adapters = Dictionary(uniqueKeysWithValues: self.lora.adapters.map { ($0.module, $0) })
        try self.base.requireWeights(of: self.lora)
        try checkOutput()
    }
    private func checkOutput() throws {
        if Path.absolute(output) == Path.absolute(base.path) { throw ExporterError.sameFile(path: output) }
        if base.isSingleFile {
            guard Path.fileExtension(output) == "safetensors", !Files.isFolder(output) else {
                throw ExporterError.wrongExtension(path: output)
            }
        } else {
            let isEmpty = !Files.exists(output) || Files.isFolder(output) && (try? Files.list(output))?.isEmpty == true
            guard isEmpty || Files.exists(Path.join(output, Self.mark)) else { throw MergeError.occupied(output) }
        }
        let needed = base.byteCount
        if let free = Files.freeSpace(at: output), free < needed {
            throw MergeError.noSpace(output, needed: needed, free: free)
        }
    }
    /// Stands in a folder that is being written, so that what was cut off is not taken for a stranger's.
    private static let mark = ".ltxsh-merging"

    /// Writes it; returns the path. Throws `FileError`, and `Cancelled`; a folder that is not whole has no `config.json` then.
    public func run(_ monitor: Monitor = Monitor()) throws -> String {
        let total = base.shards.reduce(0) { $0 + $1.names.count }, isWhole = base.root != base.folder
        let target = isWhole ? Path.join(output, Path.relative(base.folder, to: base.root)) : output
        let mark = Path.join(output, Self.mark)
        try Files.makeFolder(base.isSingleFile ? Path.folder(output) : target)
        if !base.isSingleFile { try AtomicFile.write("", to: mark) }
        var done = 0
        for shard in base.shards {
            let items = try shard.file.header.entries.compactMap { try item($0, of: shard) }
            let counted = items.map { item in
                item.before {
                    try monitor.checkpoint()
                    done += 1
                    monitor.report(
                        Progress("merging", done, of: total, "tensors", [("file", Path.name(shard.file.path))]))
                }
            }
            let path = base.isSingleFile ? output : Path.join(target, Path.name(shard.file.path))
            try SafetensorsWriter.write(counted, metadata: shard.file.header.metadata, to: path)
        }
        guard !base.isSingleFile else { return output }
        // What says that there is a model comes last.
        for name in try Files.list(base.folder) where name.hasSuffix(".json") {
            try Files.copy(Path.join(base.folder, name), to: Path.join(target, name), monitor: monitor)
        }
        if isWhole { try share(base.root, output, besides: base.folder, monitor) }
        Files.remove(mark)
        return output
    }

    /// The tensor as it is written; nil for scales that belong to a weight which has none any more.
    private func item(_ entry: SafetensorsHeader.Entry, of shard: MergeBase.Shard) throws -> SafetensorsWriter.Item? {
        guard let module = shard.module(of: entry.name), let adapter = adapters[module] else {
            return SafetensorsWriter.Item(entry, of: shard.file)
        }
        guard entry.name.hasSuffix(".weight") else {
            return shard.isScale(entry.name) ? nil : SafetensorsWriter.Item(entry, of: shard.file)
        }
        // A change that is small against the weight would be lost in 8 bits.
        let dtype = entry.dtype.isNarrow ? DType.bfloat16 : entry.dtype, scale = scale
        return SafetensorsWriter.Item(entry.name, dtype, entry.shape) { body in
            let weight = try shard.weight(entry.name)
            let change = try adapter.b.to(.float32).matmul(adapter.a.to(.float32)) * (adapter.strength * scale)
            try (weight + change).to(dtype).contiguous().withBytes(body)
        }
    }

    /// The other parts of the model: another name for the same bytes where the disk can, since nobody writes into them.
    private func share(_ source: String, _ target: String, besides folder: String, _ monitor: Monitor) throws {
        for name in try Files.list(source) where !name.hasPrefix(".") {
            let from = Path.join(source, name), to = Path.join(target, name)
            if Path.absolute(from) == Path.absolute(folder) { continue }
            if Files.isFolder(from) {
                try Files.makeFolder(to)
                try share(from, to, besides: folder, monitor)
            } else if !name.hasSuffix(".safetensors") || source != base.root {
                unlink(to)
                let real = Path.real(from) ?? from
                if link(real, to) != 0 { try Files.copy(real, to: to, monitor: monitor) }
            }
        }
    }
}

/// Why a LoRA cannot be merged.
public enum MergeError: UserError {
    case noBase(String)
    case noModule(String, module: String, lora: String)
    case shapes(String, module: String, weight: [Int], lora: [Int])
    case occupied(String)
    case noSpace(String, needed: Int, free: Int)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noBase: "model.missing"
        case .noModule, .shapes: "lora.mismatch"
        case .occupied: "export.output"
        case .noSpace: "file.full"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noBase(let path), .noModule(let path, _, _), .shapes(let path, _, _, _), .occupied(let path),
            .noSpace(let path, _, _):
            path
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noBase(let path):
            "'\(path)' holds no transformer: name a model folder, its 'transformer' folder or a single-file checkpoint"
        case .noModule(let base, let module, let lora):
            "'\(lora)' has an adapter for '\(module)', which '\(base)' has not: it was taught on another model"
        case .shapes(let base, let module, let weight, let lora):
            "'\(module)' is \(weight) in '\(base)' and \(lora) in the LoRA: it was taught on a model of another size"
        case .occupied(let path): "'\(path)' is there already and has files in it; name a new folder"
        case .noSpace(let path, let needed, let free):
            "the merged model takes \(ByteCount(needed)), and '\(path)' has room for \(ByteCount(free))"
        }
    }
}
