import Base
import Glibc
import Testing
import Torch

@testable import Workbench

@Suite struct ModelCheckTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for part in ["transformer", "vae", "text_encoder"] { try folder.write("{}", to: "\(part)/config.json") }
        try folder.write(
            "{\"scheduler\": [\"diffusers\", \"X\"], \"transformer\": [\"diffusers\", \"Y\"], \"_v\": \"1\"}",
            to: "model_index.json")
        try folder.write("{}", to: "scheduler/scheduler_config.json")
        try folder.write("x", to: "tokenizer/spiece.model")
        try weights(["a", "b"], "vae/diffusion_pytorch_model.safetensors")
        try sharded("transformer", "diffusion_pytorch_model")
        try sharded("text_encoder", "model")
    }
    private func weights(_ names: [String], _ file: String) throws {
        let tensors = try names.map { ($0, try Tensor.zeros([4, 4])) }
        try Safetensors.write(Dictionary(uniqueKeysWithValues: tensors), to: folder[file])
    }
    private func sharded(_ part: String, _ stem: String) throws {
        try weights(["a"], "\(part)/\(stem)-00001-of-00002.safetensors")
        try weights(["b", "c"], "\(part)/\(stem)-00002-of-00002.safetensors")
        let map = [("a", 1), ("b", 2), ("c", 2)].map { "\"\($0)\": \"\(stem)-0000\($1)-of-00002.safetensors\"" }
        try folder.write(
            "{\"weight_map\": {\(map.joined(separator: ", "))}}", to: "\(part)/\(stem).safetensors.index.json")
    }
    private var problems: [String] {
        get throws { try ModelCheck(folder.path).problems.map { "\($0.name) \($0.problem ?? "")" } }
    }

    @Test func `a whole folder is complete`() throws {
        let check = try ModelCheck(folder.path)
        #expect(check.isComplete && check.description.contains("is complete (12 files"), "\(check)")
        #expect(try ModelCheck(folder["transformer"]).isComplete)
    }

    @Test func `missing files are named`() throws {
        for name in ["text_encoder/model-00002-of-00002.safetensors", "vae/config.json", "tokenizer/spiece.model"] {
            unlink(folder[name])
        }
        unlink(folder["vae/diffusion_pytorch_model.safetensors"])
        unlink(folder["scheduler/scheduler_config.json"])
        rmdir(folder["scheduler"])
        #expect(
            try problems == [
                "vae/config.json is missing", "vae/diffusion_pytorch_model.safetensors is missing",
                "text_encoder/model-00002-of-00002.safetensors is missing", "tokenizer/spiece.model is missing",
                "scheduler is missing, though model_index.json lists it",
            ])
    }

    @Test func `a truncated shard is named with its tensor`() throws {
        let shard = folder["transformer/diffusion_pytorch_model-00002-of-00002.safetensors"]
        try AtomicFile.write(Array(try Files.read(shard).dropLast(8)), to: shard)
        let found = try problems
        #expect(
            found.count == 1
                && found[0].hasPrefix("transformer/diffusion_pytorch_model-00002-of-00002.safetensors is cut off"))
        #expect(found[0].contains("'c'"))
    }

    @Test func `other damage is named`() throws {
        try weights(["b"], "text_encoder/model-00002-of-00002.safetensors")
        try folder.write("{", to: "vae/config.json")
        try folder.write(
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
            to: "vae/diffusion_pytorch_model.safetensors")
        try folder.write(
            "{\"weight_map\": {\"a\": \"../x.safetensors\"}}",
            to: "transformer/diffusion_pytorch_model.safetensors.index.json")
        try folder.write("", to: "tokenizer/spiece.model")
        let found = try problems
        #expect(found.count == 5, "\(found)")
        #expect(found[0].contains("must lie beside the index") && found[1].contains("line 1, column 2"))
        #expect(
            found[2].contains("is a Git LFS pointer") && found[3].contains("has no tensor 'c'")
                && found[4].contains("is empty"))
    }

    @Test func `a single-file checkpoint is checked by its tensors`() throws {
        #expect(try ModelCheck(ModelPlaceTests.single).isComplete)
        try weights(["vae.decoder.conv_out.conv.weight"], "one.safetensors")
        #expect(try ModelCheck(folder["one.safetensors"]).problems.first?.problem?.contains("no LTX-Video") == true)
        try weights(["model.diffusion_model.patchify_proj.weight"], "two.safetensors")
        let missing = try ModelCheck(folder["two.safetensors"]).problems.first?.problem
        #expect(missing?.contains("caption_projection") == true)
        let bare = Path.join(ModelPlaceTests.fixtures, "single/13b-097/ltxv-13b-097.safetensors")
        #expect(try ModelCheck(bare).problems.first?.problem?.contains("no video VAE") == true)
        #expect(throws: FileError.self) { try ModelCheck(folder["three"]) }
    }
}
