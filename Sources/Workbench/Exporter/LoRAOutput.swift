import Base
import Torch

/// Where a LoRA is written, and in which spelling.
struct LoRAOutput {
    /// The file; in peft's form the folder.
    let path: String
    private let format: LoRAFormat

    /// Beside the source under its name with a suffix, which takes the place of an earlier one; or where the user says.
    ///
    /// - Parameter suffix: nil for that of the spelling.
    init(for source: String, _ destination: String?, _ format: LoRAFormat, suffix: String? = nil) throws {
        self.format = format
        var stem = Path.stem(source)
        for old in LoRAFormat.written.map(\.suffix) where stem.hasSuffix(old) {
            stem = String(stem.dropLast(old.count))
        }
        let ending = format == .peft ? "" : ".safetensors"
        let name = stem + (suffix ?? format.suffix) + ending
        guard let destination, !destination.isEmpty else {
            let beside = Path.join(Path.folder(source), name)
            // A file of that name may hold an alpha that is to be folded.
            path =
                Path.absolute(beside) == Path.absolute(source)
                ? Path.join(Path.folder(source), stem + (suffix ?? format.suffix) + "_folded" + ending) : beside
            return
        }
        let given = Path.expandingTilde(destination)
        if format == .peft {
            guard !given.hasSuffix(".safetensors"), !Files.exists(given) || Files.isFolder(given) else {
                throw ExporterError.noFolder(path: given)
            }
            path = given
            return
        }
        if Files.isFolder(given) || given.hasSuffix("/") {
            path = Path.join(given, name)
            return
        }
        guard Path.fileExtension(given) == "safetensors" else { throw ExporterError.wrongExtension(path: given) }
        guard Path.absolute(given) != Path.absolute(source) else { throw ExporterError.sameFile(path: given) }
        path = given
    }

    /// Writes the adapters, with what is still true of an earlier file's metadata.
    func write(_ adapters: [LoRAFile.Adapter], metadata: [String: String]) throws {
        var tensors: [String: Tensor] = [:]
        for adapter in adapters {
            tensors[format.key(adapter.module, .down)] = adapter.a
            tensors[format.key(adapter.module, .up)] = try format.statesAlpha ? adapter.b : adapter.foldedB
            if format == .kohya {
                tensors[format.key(adapter.module, .alpha)] = try .full([], adapter.facts.alpha, dtype: .float32)
            }
            if let magnitude = adapter.magnitude {
                // ComfyUI and kohya have a column.
                let isColumn = format == .comfyui || format == .kohya
                tensors[format.key(adapter.module, .magnitude)] = try isColumn ? magnitude.reshaped(-1, 1) : magnitude
            }
        }
        // Folded: every alpha is the rank now.
        let facts = adapters.map { format.statesAlpha ? $0.facts : ($0.module, $0.rank, Double($0.rank)) }
        let isDecomposed = adapters.contains { $0.magnitude != nil }
        let metadata = told(facts, isDecomposed, metadata)
        defer { if Files.exists(path) { Ledger.session.add("exported", file: path) } }
        guard format == .peft else {
            try Files.makeFolder(Path.folder(path))
            return try Safetensors.write(tensors, metadata: metadata, to: path)
        }
        try Files.makeFolder(path)
        try Safetensors.write(tensors, metadata: metadata, to: Path.join(path, "adapter_model.safetensors"))
        let configuration = LoRAMetadata.configuration(
            facts, base: metadata["base_model"], isDecomposed: isDecomposed)
        try AtomicFile.write(configuration.text(indent: 2) + "\n", to: Path.join(path, "adapter_config.json"))
    }

    private func told(
        _ facts: [LoRAMetadata.Facts], _ isDecomposed: Bool, _ metadata: [String: String]
    ) -> [String: String] {
        let outdated = ["ss_network_alpha", "ss_network_dim", "ss_network_module", "rank", "alpha"]
        var metadata = metadata.filter { !outdated.contains($0.key) }
        metadata.merge(LoRAMetadata.texts(facts, isDecomposed: isDecomposed)) { $1 }
        guard format == .kohya else { return metadata }
        let ranks = Set(facts.map(\.rank)), alphas = Set(facts.map(\.alpha))
        metadata["ss_network_module"] = "networks.lora"
        metadata["ss_network_dim"] = ranks.count == 1 ? ranks.map { "\($0)" }[0] : "Dynamic"
        metadata["ss_network_alpha"] = alphas.count == 1 ? alphas.map { "\($0)" }[0] : "Dynamic"
        return metadata
    }
}
