import Base
import Glibc
import NN
import Testing
import Torch

@testable import Workbench

@Suite struct ModelCheckTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TinyModel.make(at: folder["tiny"])
        // The text encoder in two shards, as published.
        let whole = folder["tiny/text_encoder/model.safetensors"], tensors = try Safetensors.read(whole)
        let names = tensors.keys.sorted(), half = names.count / 2
        for (number, keys) in [(1, names.prefix(half)), (2, names.dropFirst(half))] {
            let pairs = keys.compactMap { key in tensors[key].map { (key, $0) } }
            try Safetensors.write(Dictionary(uniqueKeysWithValues: pairs), to: folder["tiny/\(Self.shard(number))"])
        }
        let map = names.enumerated().map { "\"\($1)\": \"\(Path.name(Self.shard($0 < half ? 1 : 2)))\"" }
        try folder.write("{\"weight_map\": {\(map.joined(separator: ", "))}}", to: "tiny/\(Self.index)")
        unlink(whole)
    }
    private static func shard(_ number: Int) -> String { "text_encoder/model-0000\(number)-of-00002.safetensors" }
    private static let index = "text_encoder/model.safetensors.index.json"
    private static let transformer = "transformer/diffusion_pytorch_model.safetensors"
    private static let vae = "vae/diffusion_pytorch_model.safetensors"

    private func problems(_ path: String = "tiny") throws -> [String] {
        try ModelCheck(folder[path], models: folder["models"]).problems.map { "\($0.name) \($0.problem ?? "")" }
    }
    /// What loading the parts of a model one after the other has to say; nil when all are there.
    private func loading(_ path: String) -> (any Error)? {
        do {
            let model = try ModelFolder(finding: folder[path], models: folder["models"]),
                policy = WeightPolicy(.float32)
            _ = try ModelPart.transformer.load(model, policy)
            _ = try ModelPart.vae.load(model, policy)
            _ = try ModelPart.textEncoder.load(model, policy)
            return nil
        } catch { return error }
    }
    private func change(_ file: String, _ old: String, _ new: String) throws {
        let text = try Files.text(folder[file])
        try #require(text.contains(old))
        try AtomicFile.write(text.replacing(old, with: new), to: folder[file])
    }
    private func rewrite(_ file: String, _ change: (inout [String: Tensor]) throws -> Void) throws {
        let metadata = try Safetensors.File(folder[file]).header.metadata
        var tensors = try Safetensors.read(folder[file]).mapValues { try $0.cloned() }
        try change(&tensors)
        try Safetensors.write(tensors, metadata: metadata, to: folder[file])
    }
    private func cut(_ file: String) throws {
        try AtomicFile.write(Array(try Files.read(folder[file]).dropLast(8)), to: folder[file])
    }
    private func move(_ from: String, _ to: String) throws { try #require(rename(folder[from], folder[to]) == 0) }
    private func point(_ file: String) throws {
        try folder.write("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", to: file)
    }

    @Test func `a whole folder is complete, and so is each of its parts`() throws {
        let check = try ModelCheck(folder["tiny"])
        #expect(check.isComplete && check.description.contains("is complete (10 files"), "\(check)")
        #expect(loading("tiny") == nil)
        for part in ["transformer", "vae", "text_encoder"] {
            #expect(try problems("tiny/\(part)") == [], "\(part)")
        }
    }

    @Test func `missing files are named`() throws {
        for name in [Self.shard(2), "vae/config.json", "tokenizer/spiece.model", Self.vae] {
            unlink(folder["tiny/\(name)"])
        }
        unlink(folder["tiny/scheduler/scheduler_config.json"])
        rmdir(folder["tiny/scheduler"])
        #expect(
            try problems() == [
                "vae/config.json is missing", "\(Self.vae) is missing", "\(Self.shard(2)) is missing",
                "tokenizer/spiece.model is missing", "scheduler is missing, though model_index.json lists it",
            ])
    }

    /// Ways to damage a folder, and what the sentence about it has in it.
    private static let damages: [(String, String, @Sendable (ModelCheckTests) throws -> Void)] = [
        ("cut weights", "is cut off", { try $0.cut("tiny/\(transformer)") }),
        ("a cut shard", shard(2), { try $0.cut("tiny/\(shard(2))") }),
        ("no shard", shard(1), { unlink($0.folder["tiny/\(shard(1))"]) }),
        ("a pointer of Git LFS", vae, { try $0.point("tiny/\(vae)") }),
        ("no weights", transformer, { unlink($0.folder["tiny/\(transformer)"]) }),
        ("no configuration", "vae/config.json", { unlink($0.folder["tiny/vae/config.json"]) }),
        ("a broken configuration", "vae/config.json", { try $0.folder.write("{", to: "tiny/vae/config.json") }),
        (
            "a number that is a word", "num_layers",
            { try $0.change("tiny/transformer/config.json", "\"num_layers\": 4", "\"num_layers\": \"four\"") }
        ),
        (
            "another kind of norm", "qk_norm",
            { try $0.change("tiny/transformer/config.json", "rms_norm_across_heads", "layer_norm") }
        ),
        (
            "a layer too many in the configuration", "transformer_blocks.4",
            { try $0.change("tiny/transformer/config.json", "\"num_layers\": 4", "\"num_layers\": 5") }
        ),
        (
            "a layer too few", "does not ask for",
            { try $0.change("tiny/transformer/config.json", "\"num_layers\": 4", "\"num_layers\": 3") }
        ),
        (
            "another width of text", "has shape",
            { try $0.change("tiny/text_encoder/config.json", "\"d_ff\": 160", "\"d_ff\": 176") }
        ),
        (
            "an index that leaves the folder", "must lie beside the index",
            { try $0.folder.write("{\"weight_map\": {\"a\": \"../x.safetensors\"}}", to: "tiny/\(index)") }
        ),
        ("no tokenizer", "spiece.model", { unlink($0.folder["tiny/tokenizer/spiece.model"]) }),
        ("an empty tokenizer", "empty", { try $0.folder.write("", to: "tiny/tokenizer/spiece.model") }),
        (
            "a tokenizer of nonsense", "spiece.model",
            { try $0.folder.write("nonsense", to: "tiny/tokenizer/spiece.model") }
        ),
        (
            "a table too small for the tokenizer", "do not belong together",
            { tests in
                try tests.change("tiny/text_encoder/config.json", "\"vocab_size\": 512", "\"vocab_size\": 448")
                let file = try [1, 2].map { "tiny/\(shard($0))" }.first {
                    try Safetensors.File(tests.folder[$0]).header["shared.weight"] != nil
                }
                try tests.rewrite(#require(file)) { $0["shared.weight"] = try $0["shared.weight"]?.slice(0, 0..<448) }
            }
        ),
    ]
    @Test(arguments: damages.indices)
    func `checking and loading say the same of a damaged folder`(_ place: Int) throws {
        let (name, word, damage) = Self.damages[place]
        try damage(self)
        let found = try problems(), error = loading("tiny")
        #expect(found.count == 1 && error != nil, "\(name): \(found), \(error.map { "\($0)" } ?? "loads")")
        #expect(found.first?.contains(word) == true, "\(name): \(found)")
    }

    /// The same of a single file.
    private static let singleDamages: [(String, String, @Sendable (ModelCheckTests, String) throws -> Void)] = [
        ("a cut file", "is cut off", { try $0.cut($1) }),
        ("a pointer", "pointer", { try $0.point($1) }),
        (
            "a LoRA", "no LTX-Video",
            { tests, file in
                try Safetensors.write(["a.lora_A.weight": Tensor.ones([2, 2])], to: tests.folder[file])
            }
        ),
        ("a missing tensor", "proj_out", { try $0.rewrite($1) { $0["model.diffusion_model.proj_out.bias"] = nil } }),
        (
            "a tensor too many", "strange",
            { try $0.rewrite($1) { $0["model.diffusion_model.strange"] = try Tensor.ones([1]) } }
        ),
        (
            "another shape", "proj_out",
            { try $0.rewrite($1) { $0["model.diffusion_model.proj_out.bias"] = try Tensor.ones([3]) } }
        ),
        (
            "no VAE", "no video VAE",
            {
                try $0.rewrite($1) { tensors in
                    for key in tensors.keys where key.hasPrefix("vae.") { tensors[key] = nil }
                }
            }
        ),
        (
            "metadata that are no JSON", "config",
            { tests, file in
                let tensors = try Safetensors.read(tests.folder[file]).mapValues { try $0.cloned() }
                try Safetensors.write(tensors, metadata: ["config": "{"], to: tests.folder[file])
            }
        ),
        (
            "quantised", "quantised",
            { try $0.rewrite($1) { $0["model.diffusion_model.proj_out.comfy_quant"] = try Tensor.ones([1]) } }
        ),
        (
            "no text encoder", "text_encoder",
            { tests, _ in
                try tests.move("models/LTX-Video/text_encoder", "models/elsewhere")
            }
        ),
        ("a cut text encoder", "is cut off", { tests, _ in try tests.cut("models/LTX-Video/\(shard(1))") }),
        (
            "no tokenizer", "tokenizer",
            { tests, _ in
                try tests.move("models/LTX-Video/tokenizer", "models/elsewhere")
            }
        ),
    ]
    @Test(arguments: singleDamages.indices, ["2b-090", "2b-091", "2b-095"])
    func `checking and loading say the same of a damaged single file`(_ place: Int, _ variant: String) throws {
        let file = "models/ltxv-\(variant).safetensors"
        try Files.makeFolder(folder["models"])
        try move("tiny", "models/LTX-Video")
        let published = Path.join(ModelPlaceTests.fixtures, "single/\(variant)/ltxv-\(variant).safetensors")
        try AtomicFile.write(Files.read(published), to: folder[file])
        try #require(problems(file) == [] && loading(file) == nil)
        let (name, word, damage) = Self.singleDamages[place]
        try damage(self, file)
        let found = try problems(file), error = loading(file)
        #expect(found.count == 1 && error != nil, "\(name): \(found), \(error.map { "\($0)" } ?? "loads")")
        #expect(found.first?.contains(word) == true, "\(name): \(found)")
    }

    @Test func `a file that is not there is an error`() throws {
        #expect(throws: FileError.self) { try ModelCheck(folder["three"]) }
    }
}
