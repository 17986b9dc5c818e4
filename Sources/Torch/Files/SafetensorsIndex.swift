import Base

/// The index of a checkpoint that is split over several files: which tensor is in which.
public struct SafetensorsIndex: Sendable {
    /// The index file.
    public let path: String
    /// The file of each tensor, relative to the folder of the index.
    public let files: [String: String]
    /// Bytes of all tensors as the writer counted them.
    public let totalSize: Int?

    /// Every file once, sorted.
    public var shards: [String] { Set(files.values).sorted() }

    /// Reads and checks an index: file names that lead out of its folder are refused. Throws `FileError`,
    /// `JSONError` or `SafetensorsError`.
    public init(file path: String) throws {
        let json = try Files.json(path)
        guard let members = json["weight_map"]?.object?.members else {
            throw SafetensorsError.index(path, "it has no 'weight_map' of tensor names to file names")
        }
        var files: [String: String] = [:]
        for (name, value) in members {
            guard let file = value.string else {
                throw SafetensorsError.index(path, "'weight_map' has no file name for the tensor '\(name)'")
            }
            guard Path.isPlain(file) else {
                let reason =
                    "'weight_map' names the file '\(file)' for the tensor '\(name)'; it must lie beside the index"
                throw SafetensorsError.index(path, reason)
            }
            files[name] = file
        }
        (self.path, self.files, totalSize) = (path, files, json["metadata"]?["total_size"]?.integer)
    }
}
