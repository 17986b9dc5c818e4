import Base
import LTXVideo
import NN
import Text
import Torch

/// Whether a model on the disk is whole: names, sizes and headers, and then whether its parts can be built, of tensors
/// without memory. No weights are read.
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
    /// Files whose contents were summed up and are the published ones; nil where nobody asked.
    public internal(set) var verified: Int?
    /// Every file that was looked at, in the order of the parts.
    public private(set) var files: [File] = []

    /// The files that are missing, cut off or malformed.
    public var problems: [File] { files.filter { $0.problem != nil } }
    /// True when nothing is wrong.
    public var isComplete: Bool { problems.isEmpty }
    /// Bytes of all files that are there.
    public var byteCount: Int { files.reduce(0) { $0 + ($1.bytes ?? 0) } }

    /// Checks a diffusers folder (transformer, vae, text_encoder, tokenizer), one part of it, or a single-file checkpoint
    /// with the text encoder and the tokenizer that it would be loaded with.
    ///
    /// Throws `FileError` when there is nothing at `path`; what is wrong inside is in `problems`.
    ///
    /// - Parameter models: the folder whose models share their text encoder with a single file.
    public init(_ path: String, models: String = "models") throws {
        let path = Path.expandingTilde(path)
        self.path = path
        guard Files.exists(path) else { throw FileError.missing(path) }
        if !Files.isFolder(path) {
            checkSingleFile(models)
        } else if Files.exists(full("config.json")), !Files.exists(full("model_index.json")) {
            checkPart("", kind)
        } else {
            for part in PartName.all { checkPart(part.rawValue, part) }
            checkTokenizer("tokenizer")
            checkVocabulary("text_encoder", "tokenizer")
            checkListedParts()
        }
    }

    // MARK: Parts

    private mutating func checkSingleFile(_ models: String) {
        let name = Path.name(path)
        guard header(name) != nil else { return }
        do {
            let checkpoint = try SingleFileCheckpoint(path)
            _ = try checkpoint.transformer(Self.shapes)
            _ = try checkpoint.vae(Self.shapes)
            add(name, nil)
        } catch { return add(name, reason(error, name)) }
        do {
            let model = try ModelFolder(finding: path, models: models)
            if Files.isFolder(model.textEncoder) {
                checkPart(model.textEncoder, .textEncoder)
            } else if header(model.textEncoder) != nil {
                add(model.textEncoder, nil)
                build(model.textEncoder) { _ = try T5File($0).encoder(Self.shapes) }
            }
            checkTokenizer(model.tokenizer)
            checkVocabulary(model.textEncoder, model.tokenizer)
        } catch let error as ModelFolderError {
            guard case .incomplete(_, let part) = error else { return add(name, reason(error, name)) }
            add(part, "is missing: none lies beside the file, in models/LTX-Video or where ComfyUI keeps them")
        } catch { add(name, reason(error, name)) }
    }

    /// Files, then whether the model can be built of them. `part` is a folder, relative or absolute.
    private mutating func checkPart(_ part: String, _ kind: PartName?) {
        let before = problems.count
        checkWeights(part)
        guard problems.count == before else { return }
        switch kind {
        case .transformer: build(part) { _ = try Transformer.load($0, Self.shapes) }
        case .vae: build(part) { _ = try VideoVAE.load($0, Self.shapes) }
        case .textEncoder: build(part) { _ = try T5Encoder.load($0, Self.shapes) }
        default: replace(join(part, "config.json"), "is that of no part of LTX-Video")
        }
    }
    private static let shapes = WeightPolicy(.bfloat16, on: .meta)
    /// What the models themselves have to say of a part.
    private mutating func build(_ part: String, _ load: (String) throws -> Void) {
        do { try load(full(part)) } catch {
            let culprit = (error as? any UserError)?.path ?? full(part), root = full("")
            let name = culprit.hasPrefix(root + "/") ? String(culprit.dropFirst(root.count + 1)) : culprit
            // Of a part that was checked alone there is no name.
            replace(culprit == root ? "config.json" : name, reason(error, name))
        }
    }
    /// What a part that lies alone is, by its configuration or else its folder's name.
    private var kind: PartName? {
        let config = try? Files.json(full("config.json"))
        switch config?["_class_name"]?.string ?? config?["model_type"]?.string {
        case "LTXVideoTransformer3DModel": return .transformer
        case "AutoencoderKLLTXVideo": return .vae
        case "t5": return .textEncoder
        default: return PartName.all.first { $0.rawValue == Path.name(Path.absolute(path)) }
        }
    }

    /// `config.json` and the weights of one part, sharded or not.
    private mutating func checkWeights(_ part: String) {
        checkJSON(join(part, "config.json"))
        let stem =
            part == "text_encoder" || Files.exists(full(join(part, "model.safetensors.index.json"))) ? "model" : nil
        let stems = stem.map { [$0] } ?? ["diffusion_pytorch_model", "model"]
        if let single = stems.map({ join(part, "\($0).safetensors") }).first(where: { Files.exists(full($0)) }) {
            if header(single) != nil { add(single, nil) }
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
            guard let header = header(name) else { continue }
            let absent = expected.filter { header[$0] == nil }.min()
            add(name, absent.map { "has no tensor '\($0)', which the index places in it" })
        }
    }

    private mutating func checkTokenizer(_ folder: String) {
        let candidates = ["spiece.model", "tokenizer.json"].map { join(folder, $0) }
        let name = candidates.first { Files.exists(full($0)) } ?? candidates[0]
        guard let size = Files.size(full(name)) else { return add(name, "is missing") }
        let isPointer = (try? pointer(full(name))) == true
        add(name, size == 0 ? "is empty" : isPointer ? Self.pointerReason : nil)
        if size > 0, !isPointer { build(folder) { _ = try T5Tokenizer(folder: $0) } }
    }
    /// Whether the encoder has a row for every token.
    private mutating func checkVocabulary(_ textEncoder: String, _ tokenizer: String) {
        guard isComplete else { return }
        let encoder = full(textEncoder)
        build(tokenizer) {
            let table =
                try Files.isFolder(encoder)
                ? T5Encoder.load(encoder, Self.shapes) : T5File(encoder).encoder(Self.shapes)
            _ = try CaptionEncoder(tokenizer: T5Tokenizer(folder: $0), encoder: table)
        }
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
    private mutating func header(_ name: String) -> SafetensorsHeader? {
        do { return try Safetensors.File(full(name)).header } catch {
            let isPointer = (try? pointer(full(name))) == true
            add(name, isPointer ? Self.pointerReason : reason(error, name))
            return nil
        }
    }

    private mutating func add(_ name: String, _ problem: String?) {
        let place = full(name)
        files.append(File(name: name, bytes: Files.isFolder(place) ? nil : Files.size(place), problem: problem))
    }
    /// A problem of a file that was thought to be fine.
    mutating func replace(_ name: String, _ problem: String) {
        files.removeAll { $0.name == name }
        add(name, problem)
    }
    /// Names are relative to the folder that is checked; those of parts that lie elsewhere are absolute.
    private func full(_ name: String) -> String {
        if name.hasPrefix("/") { return name }
        return name.isEmpty || !Files.isFolder(path) ? path : Path.join(path, name)
    }
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
