import Base

/// The weights of one model part in a folder, sharded or not, as diffusers and transformers publish them.
public enum Checkpoint {
    /// The tensors of `folder/stem.safetensors`, or of the shards that `folder/stem.safetensors.index.json` lists.
    ///
    /// Throws when the folder, a shard or a tensor is missing, when a shard is cut off, and when an index names files
    /// outside the folder.
    public static func read(_ folder: String, stem: String) throws -> [String: Tensor] {
        let index = Path.join(folder, "\(stem).safetensors.index.json"),
            single = Path.join(folder, "\(stem).safetensors")
        guard Files.isFolder(folder) else { throw FileError.missing(folder) }
        if Files.exists(single) || !Files.exists(index) { return try Safetensors.read(single) }
        var shards: [String: [String]] = [:]
        for (name, shard) in try SafetensorsIndex(file: index).files { shards[shard, default: []].append(name) }
        var tensors: [String: Tensor] = [:]
        for (shard, names) in shards.sorted(by: { $0.key < $1.key }) {
            let path = Path.join(folder, shard)
            guard Files.exists(path) else {
                throw SafetensorsError.index(index, "it names the file '\(shard)', which is not there")
            }
            let file = try Safetensors.File(path)
            let there = try file.tensors()
            for name in names {
                guard let tensor = there[name] else {
                    throw SafetensorsError.tensor(file.path, name, "is missing, but '\(index)' says it is there")
                }
                tensors[name] = tensor
            }
            let extra = Set(there.keys).subtracting(names)
            if let extra = extra.min() {
                throw SafetensorsError.tensor(file.path, extra, "is not listed in '\(index)'")
            }
        }
        return tensors
    }
}
