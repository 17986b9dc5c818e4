import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

@Suite struct LoRACombiningTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private static let modules = ["transformer_blocks.0.attn1.to_q", "transformer_blocks.1.ff.net.2", "proj_in"]
    /// Random adapters of fp32 in a file of diffusers' spelling; A (rank, 12), B (20, rank).
    private func lora(
        _ name: String, rank: Int = 4, alpha: Double? = nil, seed: UInt64 = 1, modules: [String] = modules,
        dtype: DType = .float32
    ) throws -> String {
        let random = try Generator(seed: seed)
        var tensors: [String: Tensor] = [:]
        for module in modules {
            for (part, shape) in [("lora_A", [rank, 12]), ("lora_B", [20, rank])] {
                let tensor = try Tensor.empty(shape)
                try tensor.fillNormal(generator: random)
                tensors["transformer.\(module).\(part).weight"] = try tensor.to(dtype)
            }
            if let alpha { tensors["transformer.\(module).alpha"] = try .full([], alpha) }
        }
        let path = folder[name]
        try Files.makeFolder(Path.folder(path))
        try Safetensors.write(tensors, to: path)
        return path
    }
    /// B · A · strength of a module, row by row.
    private func change(_ path: String, _ module: String) throws -> [Float] {
        let adapter = try #require(LoRAFile(path).adapters.first { $0.module == module })
        return try (adapter.b.to(.float64).matmul(adapter.a.to(.float64)) * adapter.strength).floats()
    }
    private func isNear(_ a: [Float], _ b: [Float], _ tolerance: Float = 1e-4) -> Bool {
        a.count == b.count && !a.isEmpty && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
    }

    // MARK: Spellings

    @Test(arguments: LoRAFormat.written) func `a LoRA goes into a spelling and comes back bit for bit`(
        format: LoRAFormat
    ) throws {
        let source = try lora("a.safetensors", dtype: .bfloat16), original = try Safetensors.read(source)
        let there = try Exporter.convert(source, into: format, to: folder["out/"])
        let back = try Exporter.diffusers(there, to: folder["back.safetensors"])
        let found = try Safetensors.read(back)
        #expect(found.keys.sorted() == original.keys.sorted())
        for (key, tensor) in original { #expect(try found[key]?.isEqual(to: tensor) == true, "\(key)") }
    }
    @Test(arguments: LoRAFormat.written) func `an alpha is of the same effect in every spelling`(format: LoRAFormat)
        throws
    {
        let source = try lora("a.safetensors", alpha: 10),
            there = try Exporter.convert(source, into: format, to: folder["out/"])
        for module in Self.modules { #expect(try isNear(change(there, module), change(source, module))) }
        // Where alpha is told, the matrices stay as they are.
        let first = try #require(LoRAFile(there).adapters.first), own = try #require(LoRAFile(source).adapters.first)
        #expect(first.alpha == (format.statesAlpha ? 10 : 4))
        #expect(try first.b.isEqual(to: own.b) == format.statesAlpha)
    }
    @Test func `Kohya's file has an alpha a module, and the names that ComfyUI looks for`() throws {
        let path = try Exporter.kohya(lora("a.safetensors", alpha: 8)), file = try Safetensors.File(path)
        #expect(
            file.header.entries.map(\.name).sorted().prefix(3) == [
                "lora_unet_patchify_proj.alpha", "lora_unet_patchify_proj.lora_down.weight",
                "lora_unet_patchify_proj.lora_up.weight",
            ])
        let told = file.header.metadata
        #expect(
            told["ss_network_dim"] == "4" && told["ss_network_alpha"] == "8.0"
                && told["ss_network_module"] == "networks.lora")
    }
    @Test func `peft's folder has the configuration that makes the adapters anew`() throws {
        let path = try Exporter.peft(lora("a.safetensors", alpha: 8))
        #expect(
            try path == folder["a_peft"] && Files.list(path) == ["adapter_config.json", "adapter_model.safetensors"])
        let config = try Files.json(Path.join(path, "adapter_config.json"))
        #expect(
            config["r"] == 4 && config["lora_alpha"] == 8 && config["peft_type"] == "LORA"
                && config["use_rslora"] == false)
        #expect(config["target_modules"]?.array?.compactMap(\.string) == Self.modules.sorted())
        #expect(
            try Safetensors.read(Path.join(path, "adapter_model.safetensors")).keys.allSatisfy {
                $0.hasPrefix("base_model.model.")
            })
        // rsLoRA divides by the root of the rank.
        try AtomicFile.write(
            #"{"lora_alpha": 8, "r": 4, "use_rslora": true}"#, to: Path.join(path, "adapter_config.json"))
        #expect(try LoRAFile(path).adapters[0].strength == 4)
        try AtomicFile.write(
            #"{"lora_alpha": 8, "r": 4, "use_dora": true}"#, to: Path.join(path, "adapter_config.json"))
        #expect(throws: LoRAFileError.self) { try LoRAFile(path) }
        #expect(throws: ExporterError.self) { try Exporter.peft(folder["a.safetensors"], to: folder["x.safetensors"]) }
    }

    /// The transformer's own linear layers by upstream's conversion: `transformer.` becomes `diffusion_model.`, and the modules
    /// that ComfyUI's model calls otherwise take its names.
    @Test func `ComfyUI's keys are those of the reference conversion for every layer that there is`() throws {
        try TinyModel.make(at: folder["tiny"])
        let weights = try Safetensors.File(folder["tiny/transformer/diffusion_pytorch_model.safetensors"])
        let layers = weights.header.entries.filter { $0.shape.count == 2 && $0.name.hasSuffix(".weight") }.map {
            String($0.name.dropLast(7))
        }
        #expect(layers.count == 4 * 10 + 7)
        let keys = try Safetensors.read(Exporter.comfyui(lora("all.safetensors", modules: layers))).keys
        let expected = layers.flatMap { layer -> [String] in
            var name = "diffusion_model.\(layer)"
            for (ours, theirs) in [(".proj_in", ".patchify_proj"), (".time_embed", ".adaln_single")] {
                name = name.replacing(ours, with: theirs)
            }
            return ["\(name).lora_A.weight", "\(name).lora_B.weight"]
        }
        #expect(keys.sorted() == expected.sorted())
    }
    @Test func `a folder is converted file by file, and a bad one does not keep the others from it`() throws {
        for name in ["in/a.safetensors", "in/b.safetensors"] { _ = try lora(name) }
        try folder.write("rubbish", to: "in/c.safetensors")
        try folder.write("x", to: "in/notes.txt")
        let all = try Exporter.batch(folder["in"], into: .comfyui)
        #expect(all.map { Path.name($0.source) } == ["a.safetensors", "b.safetensors", "c.safetensors"])
        #expect(
            all.map { $0.path.map(Path.name) } == ["a_comfy.safetensors", "b_comfy.safetensors", nil]
                && all[2].failure != nil)
        #expect(try Exporter.batch(folder["in"], into: .kohya, to: folder["out"]).count == 3)
        #expect(try folder.names("out") == ["a_kohya.safetensors", "b_kohya.safetensors"])
    }

    // MARK: Ranks and sums

    @Test func `a LoRA of full rank is resized without loss, and a lower rank keeps the nearest`() throws {
        let source = try lora("a.safetensors", rank: 6, alpha: 3)
        let same = try Exporter.resize(source, rank: 6, to: folder["same.safetensors"])
        for module in Self.modules { #expect(try isNear(change(same.path, module), change(source, module))) }
        #expect(same.kept > 0.999_999 && same.ranks == [6])
        let small = try Exporter.resize(source, rank: 2)
        #expect(Path.name(small.path) == "a_r2.safetensors" && small.ranks == [2])
        // What is lost is what the other singular values are: of each module and of all.
        var lost = 0.0, whole = 0.0
        for (module, spectrum) in zip(
            Self.modules,
            try Self.modules.map { name in try #require(LoRASpectrum(source).modules.first { $0.name == name }) })
        {
            let a = try change(source, module), b = try change(small.path, module)
            let difference = zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
            let rest = spectrum.values.dropFirst(2).reduce(0) { $0 + $1 * $1 }
            #expect(abs(difference - rest) < 1e-4 * (1 + rest))
            (lost, whole) = (lost + rest, whole + spectrum.norm * spectrum.norm)
        }
        #expect(abs(small.kept - (1 - lost / whole).squareRoot()) < 1e-6 && small.worst <= small.kept)
        #expect(try LoRAInspection(Safetensors.File(small.path)).problems.isEmpty)
    }
    @Test func `a share of the norm gives every module the rank that it takes`() throws {
        let source = try lora("a.safetensors", rank: 8), part = try Exporter.resize(source, keep: 0.9)
        #expect(part.worst >= 0.9 && part.ranks.last ?? 9 < 8)
        #expect(throws: ExporterError.self) { try Exporter.resize(source) }
        #expect(throws: ExporterError.self) { try Exporter.resize(source, rank: 2, keep: 0.5) }
    }
    @Test func `the sum of LoRAs changes what they change together`() throws {
        let a = try lora("a.safetensors", rank: 3, alpha: 6, seed: 1),
            b = try lora("b.safetensors", rank: 2, seed: 2, modules: Array(Self.modules.dropLast()))
        func expected(_ module: String, _ weights: (Float, Float)) throws -> [Float] {
            let first = try change(a, module)
            guard module != "proj_in" else { return first.map { $0 * weights.0 } }
            return zip(first, try change(b, module)).map { $0 * weights.0 + $1 * weights.1 }
        }
        let sum = try Exporter.add([a, b], weights: [1, -0.5], to: folder["sum.safetensors"])
        let mixed = try Exporter.add([a, b], weights: [3, 1], isAverage: true, to: folder["mix.safetensors"])
        let small = try Exporter.add([a, b], rank: 5, to: folder["small.safetensors"])
        for module in Self.modules {
            #expect(try isNear(change(sum, module), expected(module, (1, -0.5))))
            #expect(try isNear(change(mixed, module), expected(module, (0.75, 0.25))))
            #expect(try isNear(change(small, module), expected(module, (1, 1))))
        }
        #expect(try LoRAFile(sum).ranks == [3, 5] && LoRAFile(small).ranks == [3, 5])
        for (loras, weights) in [([a], nil), ([a, b], [1.0]), ([a, b], [1, -1])] as [([String], [Double]?)] {
            #expect(throws: ExporterError.self) {
                try Exporter.add(loras, weights: weights, isAverage: true, to: folder["x.safetensors"])
            }
        }
    }
    @Test func `what was learnt is told by block`() throws {
        let spectrum = try LoRASpectrum(lora("a.safetensors", rank: 4, alpha: 2))
        #expect(
            spectrum.blocks.map(\.number) == [nil, 0, 1]
                && spectrum.modules.allSatisfy { $0.values.count == 4 && $0.used <= 4 })
        for module in spectrum.modules {
            let norm = try change(folder["a.safetensors"], module.name).reduce(0) { $0 + Double($1) * Double($1) }
                .squareRoot()
            #expect(abs(module.norm - norm) < 1e-4 * norm)
            #expect(zip(module.values, module.values.dropFirst()).allSatisfy(>=))
        }
        #expect(spectrum.description.contains("others") && spectrum.description.contains("ff.net.2"))
    }

    // MARK: Merging

    /// Adapters for the tiny model's own layers.
    private func tinyLoRA(_ model: String, alpha: Double? = 8) throws -> String {
        let weights = try Safetensors.File(Path.join(model, "transformer/diffusion_pytorch_model.safetensors")),
            random = try Generator(seed: 4)
        var tensors: [String: Tensor] = [:]
        for layer in ["transformer_blocks.0.attn1.to_q", "transformer_blocks.3.ff.net.0.proj", "proj_in"] {
            let shape = try weights.entry("\(layer).weight").shape
            let a = try Tensor.empty([4, shape[1]]), b = try Tensor.empty([shape[0], 4])
            for tensor in [a, b] { try tensor.fillNormal(deviation: 0.1, generator: random) }
            tensors["transformer.\(layer).lora_A.weight"] = a
            tensors["transformer.\(layer).lora_B.weight"] = b
            if let alpha { tensors["transformer.\(layer).alpha"] = try .full([], alpha) }
        }
        try Safetensors.write(tensors, to: folder["tiny.safetensors"])
        return folder["tiny.safetensors"]
    }
    @Test func `a merged model is its base plus scale times B times A, and nothing else is touched`() throws {
        let base = folder["base"]
        try TinyModel.make(at: base)
        let lora = try tinyLoRA(base),
            merged = try LoRAMerge(base: base, lora: lora, scale: 0.5, output: folder["merged"]).run()
        let before = try Safetensors.read(Path.join(base, "transformer/diffusion_pytorch_model.safetensors"))
        let after = try Safetensors.read(Path.join(merged, "transformer/diffusion_pytorch_model.safetensors"))
        #expect(before.keys.sorted() == after.keys.sorted())
        let adapters = Dictionary(uniqueKeysWithValues: try LoRAFile(lora).adapters.map { ("\($0.module).weight", $0) })
        for (key, weight) in before {
            guard let adapter = adapters[key] else {
                #expect(try after[key]?.isEqual(to: weight) == true, "\(key)")
                continue
            }
            let change = try adapter.b.matmul(adapter.a) * (adapter.strength * 0.5)
            #expect(try after[key]?.isEqual(to: weight + change) == true, "\(key)")
        }
        #expect(try ModelCheck(merged).isComplete && !Files.exists(Path.join(merged, ".ltxsh-merging")))
        // The parts that are the same are there once.
        let part = "text_encoder/model.safetensors"
        #expect(try FileStamp(Path.join(base, part)).text == FileStamp(Path.join(merged, part)).text)
        // A part of the model is enough.
        let part2 = try LoRAMerge(base: Path.join(base, "transformer"), lora: lora, output: folder["part"]).run()
        #expect(try folder.names("part").contains("config.json") && ModelCheck(part2).isComplete)
    }
    @Test func `a base in several files stays in several, and one in eight bits gets its changed weights in bf16`()
        throws
    {
        let base = folder["base"]
        try TinyModel.make(at: base)
        let lora = try tinyLoRA(base, alpha: nil), home = Path.join(base, "transformer")
        let all = try Safetensors.read(Path.join(home, "diffusion_pytorch_model.safetensors")),
            names = all.keys.sorted()
        Files.remove(Path.join(home, "diffusion_pytorch_model.safetensors"))
        var map = JSONObject(), shards: [String: [String: Tensor]] = [:]
        for (place, name) in names.enumerated() {
            let shard = "diffusion_pytorch_model-0000\(place % 2 + 1)-of-00002.safetensors"
            map[name] = .string(shard)
            shards[shard, default: [:]][name] = all[name]
        }
        for (shard, tensors) in shards { try Safetensors.write(tensors, to: Path.join(home, shard)) }
        try AtomicFile.write(
            (["metadata": [:], "weight_map": .object(map)] as JSON).text(),
            to: Path.join(home, "diffusion_pytorch_model.safetensors.index.json"))
        let merged = try LoRAMerge(base: base, lora: lora, output: folder["merged"]).run()
        #expect(try Files.list(Path.join(merged, "transformer")).filter { $0.hasSuffix(".safetensors") }.count == 2)
        #expect(try ModelCheck(merged).isComplete)

        // A single file under the original names, its blocks in fp8 with a scale.
        let adapters = try LoRAFile(lora).adapters
        var original: [String: Tensor] = [:]
        for (name, tensor) in all {
            let key = "model.diffusion_model.\(ModuleNames.original(name))"
            let isNarrow = name.hasPrefix("transformer_blocks") && tensor.shape.count == 2 && name.hasSuffix(".weight")
            original[key] = try isNarrow ? (tensor * 2).to(.float8e4m3fn) : tensor.to(.bfloat16)
            if isNarrow { original["\(key.dropLast(6))scale_weight"] = try .full([], 0.5) }
        }
        try Safetensors.write(original, metadata: ["note": "mine"], to: folder["one.safetensors"])
        let single = try LoRAMerge(base: folder["one.safetensors"], lora: lora, output: folder["new.safetensors"]).run()
        let found = try Safetensors.File(single)
        let key = "model.diffusion_model.transformer_blocks.0.attn1.to_q"
        #expect(found.header["\(key).weight"]?.dtype == .bfloat16 && found.header["\(key).scale_weight"] == nil)
        #expect(
            found.header["\(key.dropLast(4))to_k.weight"]?.dtype == .float8e4m3fn
                && found.header["\(key.dropLast(4))to_k.scale_weight"] != nil)
        let adapter = try #require(adapters.first { $0.module == "transformer_blocks.0.attn1.to_q" })
        let stored = try #require(original["\(key).weight"]).to(.float32) * 0.5
        #expect(try found.tensor("\(key).weight").isEqual(to: (stored + adapter.b.matmul(adapter.a)).to(.bfloat16)))
        #expect(found.header.metadata["note"] == "mine")
    }
    @Test func `a merge that cannot be is refused before anything is written`() throws {
        let base = folder["base"]
        try TinyModel.make(at: base)
        let lora = try tinyLoRA(base)
        func failure(_ base: String, _ lora: String, _ output: String) -> String {
            do { return try LoRAMerge(base: base, lora: lora, output: output).run() } catch { return "\(error)" }
        }
        #expect(
            failure(base, try self.lora("other.safetensors"), folder["x"]).contains(
                "it was taught on a model of another size"))
        #expect(
            failure(base, try self.lora("more.safetensors", modules: ["transformer_blocks.77.attn1.to_q"]), folder["x"])
                .contains("it was taught on another model"))
        #expect(failure(base, lora, base).contains("is the file to convert"))
        try folder.write("mine", to: "full/notes.txt")
        #expect(failure(base, lora, folder["full"]).contains("is there already and has files in it"))
        #expect(failure(Path.join(base, "vae"), lora, folder["x"]).contains("holds no transformer"))
        #expect(failure(folder["nowhere"], lora, folder["x"]).contains("no model"))
        #expect(try !Files.exists(folder["x"]) && folder.names("full") == ["notes.txt"])
    }
}
