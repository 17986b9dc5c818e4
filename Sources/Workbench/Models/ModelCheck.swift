import Base
import LTXVideo
import NN
import Torch

/// Whether a model on the disk is whole, by names, sizes and headers; no weights are read.
public struct ModelCheck: Sendable {
    /// One file of the model, or one that should be there.
    public struct File: Sendable, Equatable {
        /// Relative to the model.
        public let name: String
        /// `nil` when it is missing.
        public let bytes: Int?
        /// What is wrong with it; `nil` when it is fine.
        public let problem: String?
    }

    /// The folder or file that was checked.
    public let path: String
    /// Every file that was looked at, in the order of the parts.
    public private(set) var files: [File] = []

    /// The files that are missing, cut off or malformed.
    public var problems: [File] { files.filter { $0.problem != nil } }
    /// True when nothing is wrong.
    public var isComplete: Bool { problems.isEmpty }
    /// Bytes of all files that are there.
    public var byteCount: Int { files.reduce(0) { $0 + ($1.bytes ?? 0) } }

    /// Checks a diffusers folder (transformer, vae, text_encoder, tokenizer), one part of it,
    /// or a single-file checkpoint.
    ///
    /// Throws `FileError` when there is nothing at `path`; what is wrong inside is in `problems`.
    public init(_ path: String) throws {
        let path = Path.expandingTilde(path)
        self.path = path
        guard Files.exists(path) else { throw FileError.missing(path) }
        if !Files.isFolder(path) {
            checkSingleFile()
        } else if Files.exists(Path.join(path, "config.json")), !Files.exists(Path.join(path, "model_index.json")) {
            checkWeights("")
        } else {
            for part in ["transformer", "vae", "text_encoder"] { checkWeights(part) }
            checkTokenizer()
            checkListedParts()
        }
    }

    // MARK: Parts

    private mutating func checkSingleFile() {
        let name = Path.name(path)
        guard header(name, at: path) != nil else { return }
        // The models themselves say what fits, made of tensors without memory.
        do {
            let checkpoint = try SingleFileCheckpoint(path), shapes = WeightPolicy(.bfloat16, on: .meta)
            _ = try checkpoint.transformer(shapes)
            _ = try checkpoint.vae(shapes)
            add(name, nil)
        } catch { add(name, reason(error, name)) }
    }

    /// `config.json` and the weights of one part, sharded or not.
    private mutating func checkWeights(_ part: String) {
        checkJSON(join(part, "config.json"))
        let stem =
            part == "text_encoder" || Files.exists(full(join(part, "model.safetensors.index.json"))) ? "model" : nil
        let stems = stem.map { [$0] } ?? ["diffusion_pytorch_model", "model"]
        if let single = stems.map({ join(part, "\($0).safetensors") }).first(where: { Files.exists(full($0)) }) {
            if header(single, at: full(single)) != nil { add(single, nil) }
            return
        }
        let index = stems.map { join(part, "\($0).safetensors.index.json") }.first { Files.exists(full($0)) }
        guard let index else { return add(join(part, "\(stems[0]).safetensors"), "is missing") }
        checkShards(part, index)
    }

    private mutating func checkShards(_ part: String, _ indexName: String) {
        let index: SafetensorsIndex
        do { index = try SafetensorsIndex(file: full(indexName)) } catch {
            return add(indexName, reason(error, indexName))
        }
        add(indexName, nil)
        for shard in index.shards {
            let name = join(part, shard), expected = index.files.filter { $0.value == shard }.map(\.key)
            guard Files.exists(full(name)) else {
                add(name, "is missing")
                continue
            }
            guard let header = header(name, at: full(name)) else { continue }
            let absent = expected.filter { header[$0] == nil }.min()
            add(name, absent.map { "has no tensor '\($0)', which the index places in it" })
        }
    }

    private mutating func checkTokenizer() {
        let candidates = ["tokenizer/spiece.model", "tokenizer/tokenizer.json"]
        let name = candidates.first { Files.exists(full($0)) } ?? candidates[0]
        guard let size = Files.size(full(name)) else { return add(name, "is missing") }
        let isPointer = (try? pointer(full(name))) == true
        add(name, size == 0 ? "is empty" : isPointer ? Self.pointerReason : nil)
    }

    /// Folders that `model_index.json` lists besides the four.
    private mutating func checkListedParts() {
        guard Files.exists(full("model_index.json")) else { return }
        checkJSON("model_index.json")
        guard let index = try? Files.json(full("model_index.json")).object else { return }
        let checked = ["transformer", "vae", "text_encoder", "tokenizer"]
        for (part, value) in index.members where !checked.contains(part) && !part.hasPrefix("_") {
            guard let names = value.array, names.count == 2, names[0].string != nil else { continue }
            guard Path.staysInside(part), !Files.isFolder(full(part)) else { continue }
            add(part, "is missing, though model_index.json lists it")
        }
    }

    private mutating func checkJSON(_ name: String) {
        guard Files.exists(full(name)) else { return add(name, "is missing") }
        do {
            guard try Files.json(full(name)).object != nil else { return add(name, "is not a JSON object") }
            add(name, nil)
        } catch { add(name, reason(error, name)) }
    }

    // MARK: Files

    /// The checked header; a problem is recorded where there is one.
    private mutating func header(_ name: String, at path: String) -> SafetensorsHeader? {
        do { return try Safetensors.File(path).header } catch {
            let isPointer = (try? pointer(path)) == true
            add(name, isPointer ? Self.pointerReason : reason(error, name))
            return nil
        }
    }

    private mutating func add(_ name: String, _ problem: String?) {
        files.append(
            File(
                name: name, bytes: Files.size(name == Path.name(path) && !Files.isFolder(path) ? path : full(name)),
                problem: problem))
    }
    private func full(_ name: String) -> String { Path.join(path, name) }
    private func join(_ part: String, _ name: String) -> String { part.isEmpty ? name : "\(part)/\(name)" }

    private static let pointerReason = "is a Git LFS pointer, not the file; fetch it with 'git lfs pull' or download it"
    /// What `git clone` leaves in place of large files when Git LFS is not set up.
    private func pointer(_ path: String) throws -> Bool {
        guard let size = Files.size(path), size < 1024 else { return false }
        return try Files.read(path).starts(with: Array("version https://git-lfs".utf8))
    }

    /// An error's sentence without the path, which stands beside it.
    private func reason(_ error: any Error, _ name: String) -> String {
        var text = "\(error)"
        for path in [full(name), path] where text.hasPrefix("'\(path)' ") || text.hasPrefix("'\(path)': ") {
            text = String(text.dropFirst(path.count + 2).drop { $0 == ":" || $0 == " " })
        }
        return text
    }
}

extension ModelCheck: CustomStringConvertible {
    /// What is wrong, a line each; or one line that says that nothing is.
    public var description: String {
        let size = "\(counted(files.count, "file")), \(ByteCount(byteCount))"
        guard !isComplete else { return "'\(path)' is complete (\(size))" }
        let rows = problems.map { "  \($0.name) \($0.problem ?? "")" }
        return (["'\(path)' is not complete (\(size)):"] + rows).joined(separator: "\n")
    }
}
