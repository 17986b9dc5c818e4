import Base
import Testing
import Torch

@testable import Workbench

@Suite struct ExporterTests {
    private let folder: TemporaryFolder
    private static let q = "transformer.transformer_blocks.0.attn1.to_q"

    init() throws { folder = try TemporaryFolder() }

    /// A LoRA file with an A of 4 × 8 and a B of 16 × 4 for each module.
    @discardableResult
    private func lora(
        _ name: String, _ modules: [String] = ["\(q)", "transformer.transformer_blocks.1.ff.net.2"],
        extra: [String: Tensor] = [:], metadata: [String: String] = ["format": "pt"]
    ) throws -> String {
        var tensors = extra
        for (place, module) in modules.enumerated() {
            tensors["\(module).lora_A.weight"] = try Tensor.full([4, 8], Double(place), dtype: .bfloat16)
            tensors["\(module).lora_B.weight"] = try Tensor.full([16, 4], Double(place) + 0.5, dtype: .bfloat16)
        }
        let path = Path.join(folder.path, name)
        try Files.makeFolder(Path.folder(path))
        try Safetensors.write(tensors, metadata: metadata, to: path)
        return path
    }
    private func failure(_ body: () throws -> some Any) -> String {
        do { return "no error: \(try body())" } catch { return "\(error)" }
    }

    // MARK: Conversion

    @Test func `a LoRA goes to ComfyUI's names and comes back bit for bit`() throws {
        let source = try lora("a.safetensors", metadata: [:])
        let comfy = try Exporter.comfyui(source)
        #expect(comfy == Path.join(folder.path, "a_comfy.safetensors"))
        let keys = try Safetensors.read(comfy).keys.sorted()
        #expect(keys.first == "diffusion_model.transformer_blocks.0.attn1.to_q.lora_A.weight" && keys.count == 4)
        #expect(try Safetensors.File(comfy).header.metadata["format"] == "pt")
        let back = try Safetensors.read(Exporter.diffusers(comfy, to: Path.join(folder.path, "new/back.safetensors")))
        let original = try Safetensors.read(source)
        #expect(back.count == 4 && back.keys.sorted() == original.keys.sorted())
        for (key, tensor) in original { #expect(try back[key]?.isEqual(to: tensor) == true, "\(key)") }
    }

    @Test func `modules outside the default targets take the original model's names`() throws {
        let modules = [
            "proj_in", "time_embed.linear", "time_embed.emb.timestep_embedder.linear_1", "caption_projection.linear_2",
            "proj_out",
        ]
        let source = try lora("b.safetensors", modules.map { "transformer." + $0 })
        let comfy = try Exporter.comfyui(source)
        let names = Set(
            try Safetensors.read(comfy).keys.map {
                $0.replacing(".lora_A.weight", with: "").replacing(".lora_B.weight", with: "")
            })
        #expect(
            names == [
                "diffusion_model.patchify_proj", "diffusion_model.adaln_single.linear",
                "diffusion_model.adaln_single.emb.timestep_embedder.linear_1",
                "diffusion_model.caption_projection.linear_2",
                "diffusion_model.proj_out",
            ])
        #expect(try Safetensors.read(Exporter.diffusers(comfy)).keys.sorted() == Safetensors.read(source).keys.sorted())
    }

    @Test func `an earlier suffix is replaced and a folder takes the usual name`() throws {
        let comfy = try Exporter.comfyui(lora("c.safetensors"))
        #expect(Path.name(try Exporter.diffusers(comfy)) == "c_diffusers.safetensors")
        #expect(
            try Exporter.diffusers(comfy, to: folder.path + "/out/") == folder.path + "/out/c_diffusers.safetensors")
        #expect(try Exporter.diffusers(comfy, to: folder.path + "/out") == folder.path + "/out/c_diffusers.safetensors")
    }

    @Test func `an output folder stands for its last checkpoint`() throws {
        for step in ["00100", "00250", "00090"] { try lora("run/checkpoints/lora_weights_step_\(step).safetensors") }
        try lora("run/checkpoints/comfy_lora_weights_step_00999.safetensors", ["diffusion_model.x.to_q"])
        try lora("run/checkpoints/.lora_weights_step_01000.1.tmp.safetensors")
        #expect(
            try Exporter.inspect(folder.path + "/run").path.hasSuffix("checkpoints/lora_weights_step_00250.safetensors")
        )
        try lora("old/ckpt/lora_weights_step_00007.safetensors")
        #expect(try Exporter.inspect(folder.path + "/old").path.hasSuffix("step_00007.safetensors"))
        try Files.makeFolder(folder.path + "/empty")
        #expect(failure { try Exporter.comfyui(folder.path + "/empty") }.contains("no checkpoint in"))
    }

    @Test func `a damaged newest checkpoint gives way to the one before it, with a remark`() throws {
        for step in ["00100", "00250"] { try lora("run/checkpoints/lora_weights_step_\(step).safetensors") }
        try AtomicFile.write("", to: folder.path + "/run/checkpoints/lora_weights_step_00300.safetensors")
        let file = try LoRAFile(folder.path + "/run")
        #expect(file.path.hasSuffix("step_00250.safetensors"))
        #expect(file.remark?.contains("step_00300") == true && file.remark?.contains("is taken instead") == true)
        for step in ["00100", "00250"] {
            try AtomicFile.write("", to: folder.path + "/run/checkpoints/lora_weights_step_\(step).safetensors")
        }
        #expect(failure { try LoRAFile(folder.path + "/run") }.contains("step_00300"))
        try lora("downloaded/pytorch_lora_weights.safetensors")
        #expect(try LoRAFile(folder.path + "/downloaded").path.hasSuffix("pytorch_lora_weights.safetensors"))
    }

    @Test func `what cannot be converted is refused with the reason`() throws {
        let source = try lora("d.safetensors"), comfy = try Exporter.comfyui(source)
        // Done already: nothing to do is no error.
        #expect(try Exporter.comfyui(comfy) == comfy && Exporter.diffusers(source) == source)
        #expect(failure { try Exporter.comfyui(source, to: source) }.contains("is the file to convert"))
        #expect(failure { try Exporter.comfyui(source, to: "x.pt") }.contains("must end in .safetensors"))
        #expect(failure { try Exporter.comfyui(folder.path + "/nothing.safetensors") }.contains("no such file"))
        let mixed = try lora("e.safetensors", ["\(Self.q)", "other.to_k"])
        #expect(failure { try Exporter.comfyui(mixed) }.contains("it has the tensor 'other.to_k.lora_A.weight'"))
        let twice = try lora("g.safetensors", ["transformer.proj_in", "transformer.patchify_proj"])
        #expect(failure { try Exporter.comfyui(twice) }.contains("has two adapters for 'proj_in'"))
        try AtomicFile.write(Array(try Files.read(source).dropLast(5)), to: source)
        #expect(failure { try Exporter.comfyui(source) }.contains("cut off"))
        #expect(!Files.exists(folder.path + "/e_comfy.safetensors"))
    }

    // MARK: Inspection

    @Test func `a LoRA is described by its header`() throws {
        let report = try Exporter.inspect(lora("h.safetensors"))
        #expect(report.format == .diffusers && report.ranks == [4] && report.alpha == nil)
        #expect(report.targets == ["ff.net.2", "to_q"] && report.moduleCount == 2)
        #expect(report.parameterCount == 2 * (32 + 64) && report.byteCount == 4 * 96 && report.dtypes == [.bfloat16])
        #expect(report.metadata == ["format": "pt"] && report.problems.isEmpty && report.tensors.count == 4)
        #expect(report.description.contains("rank        4\n"))
    }

    @Test(arguments: [DType.float32, .float16, .bfloat16, .float64, .int64])
    func `an alpha is read from its tensor`(dtype: DType) throws {
        let alpha = ["\(Self.q).alpha": try Tensor.full([], 24, dtype: dtype)]
        #expect(try Exporter.inspect(lora("i.safetensors", extra: alpha)).alpha == 24)
    }

    @Test func `an alpha is read from the metadata`() throws {
        #expect(try Exporter.inspect(lora("j.safetensors", metadata: ["ss_network_alpha": "8.0"])).alpha == 8)
        let json = #"{"transformer.r": 4, "transformer.lora_alpha": 2}"#
        #expect(try Exporter.inspect(lora("k.safetensors", metadata: ["lora_adapter_metadata": json])).alpha == 2)
    }

    @Test func `formats are told apart`() throws {
        let formats: [(String, LoRAFormat)] = [
            ("diffusion_model.x.to_q", .comfyui), ("base_model.model.x.to_q", .peft), ("x.to_q", .bare),
            ("transformer.x", .diffusers),
        ]
        for (place, (module, format)) in formats.enumerated() {
            #expect(try Exporter.inspect(lora("l\(place).safetensors", [module])).format == format)
        }
        #expect(LoRAFormat(keys: ["lora_unet_a_to_q.lora_down.weight", "lora_unet_a_to_q.alpha"]) == .kohya)
        let weights = Path.join(folder.path, "m.safetensors")
        try Safetensors.write(["proj_in.weight": try .zeros([2, 2])], to: weights)
        let report = try Exporter.inspect(weights)
        #expect(report.format == .weights && report.ranks.isEmpty && report.problems.isEmpty)
    }

    @Test func `values that are not finite, and a LoRA without effect, are problems`() throws {
        let b = "\(Self.q).lora_B.weight", other = "transformer.transformer_blocks.1.ff.net.2.lora_B.weight"
        let path = Path.join(folder.path, "o.safetensors")
        func problems(_ first: Double, _ second: Double) throws -> [String] {
            var tensors = try Safetensors.read(lora("p.safetensors"))
            tensors[b] = try Tensor.full([16, 4], first)
            tensors[other] = try Tensor.full([16, 4], second)
            try Safetensors.write(tensors, to: path)
            return try Exporter.inspect(path).problems
        }
        #expect(try problems(1, 0) == [])
        #expect(try problems(1, .nan) == ["64 of 64 values of 'transformer_blocks.1.ff.net.2.lora_B' are not finite"])
        #expect(try problems(0, 0) == ["every lora_B is zero: it changes nothing"])
    }

    @Test func `what is wrong with a LoRA is listed`() throws {
        let a = "\(Self.q).lora_A.weight", other = "transformer.transformer_blocks.0.attn1.to_k"
        let report = try Exporter.inspect(
            lora(
                "n.safetensors", ["transformer.transformer_blocks.0.attn2.to_v"],
                extra: [
                    a: .zeros([4, 8]), "\(other).lora_A.weight": .zeros([2, 8]),
                    "\(other).lora_B.weight": .zeros([16, 3]),
                    "stray.weight": .zeros([1]), "transformer.proj_out.lora_A.weight": .zeros([4]),
                    "transformer.proj_out.lora_B.weight": .zeros([0]),
                ]))
        let problems = report.problems.joined(separator: "\n")
        #expect(problems.contains("'transformer_blocks.0.attn1.to_q' has no lora_B"))
        #expect(problems.contains("whose ranks differ") && problems.contains("'stray.weight' belongs to no adapter"))
        #expect(problems.contains("'proj_out' has the shapes [4] and [0]; both must be matrices"))
        #expect(problems.contains("its ranks differ: 2, 4"))
    }
}
