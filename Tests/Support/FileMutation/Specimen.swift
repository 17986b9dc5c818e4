import Base
import Configuration
import LTXVideo
import NN
import Text
import Torch
import Workbench

/// A file that is damaged, and everything that reads it.
struct Specimen {
    enum Kind { case bytes, text, safetensors, torch }
    let name: String
    let path: String
    let kind: Kind
    /// As it is when it is whole.
    let bytes: [UInt8]
    /// Reads the file and uses what it says, as far as a session does before a model runs.
    let read: () throws -> Void

    init(_ name: String, _ path: String, _ kind: Kind, read: @escaping () throws -> Void) throws {
        (self.name, self.path, self.kind, self.read) = (name, path, kind, read)
        bytes = try Files.read(path)
    }

    func mutated(_ random: inout SplitMix64) -> [UInt8] {
        switch kind {
        case .bytes: Mutation.bytes(bytes, &random)
        case .text: Mutation.text(bytes, &random)
        case .safetensors: Mutation.safetensors(bytes, &random)
        case .torch: Mutation.torch(bytes, &random)
        }
    }

    /// Makes whole files in an empty folder, one of each kind.
    static func all(in folder: String) throws -> [Specimen] {
        func place(_ name: String) throws -> String {
            let path = Path.join(folder, name)
            try Files.makeFolder(Path.folder(path))
            return path
        }
        var all: [Specimen] = []

        // MARK: safetensors
        let weights = try place("weights.safetensors")
        try Safetensors.write(
            [
                "a": .zeros([2, 3]), "b": .ones([4], dtype: .bfloat16), "c.d": .zeros([1, 2, 3], dtype: .uint8),
                "scalar": .full([], 3), "empty": .zeros([0, 5]),
            ], to: weights)
        let lora = try place("lora.safetensors")
        var adapters: [String: Tensor] = [:]
        for module in ["transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_out.0"] {
            adapters["transformer.\(module).lora_A.weight"] = try .ones([2, 8])
            adapters["transformer.\(module).lora_B.weight"] = try .zeros([8, 2])
            adapters["transformer.\(module).alpha"] = try .full([], 2)
        }
        try Safetensors.write(adapters, metadata: ["ss_network_alpha": "2", "format": "pt"], to: lora)
        all.append(
            try Specimen("safetensors", weights, .safetensors) {
                for (_, tensor) in try Safetensors.read(weights) { _ = (tensor.byteCount, try tensor.floats()) }
            })
        all.append(
            try Specimen("lora", lora, .safetensors) {
                let found = try Exporter.inspect(lora)
                _ = (found.description, found.parameterCount, found.byteCount, found.ranks, found.alpha)
                _ = try Exporter.comfyui(lora, to: Path.join(folder, "comfy.safetensors"))
            })
        let single = try place("single.safetensors")
        try Safetensors.write(
            [
                "model.diffusion_model.patchify_proj.weight": .zeros([64, 8]),
                "model.diffusion_model.proj_out.weight": .zeros([8, 64]),
                "model.diffusion_model.caption_projection.linear_1.weight": .zeros([64, 4]),
                "model.diffusion_model.transformer_blocks.0.attn1.to_q.weight": .zeros([64, 64]),
            ], to: single)
        all.append(
            try Specimen("single file", single, .safetensors) {
                _ = try ModelCheck(single).problems
                _ = try SingleFileCheckpoint(single).transformer()
            })

        // MARK: Shards
        let shards = Path.join(folder, "shards"), index = try place("shards/m.safetensors.index.json")
        try Safetensors.write(["a": .zeros([2])], to: Path.join(shards, "m-1.safetensors"))
        try Safetensors.write(["b": .zeros([2])], to: Path.join(shards, "m-2.safetensors"))
        let listed = #"{"metadata":{"total_size":16},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"#
        try AtomicFile.write(listed, to: index)
        all.append(
            try Specimen("index", index, .text) {
                _ = try Checkpoint.read(shards, stem: "m").values.map { try $0.floats() }
            })

        // MARK: .pt
        let data = Path.join(folder, "data"), latents = try place("data/latents/a.pt")
        let condition = try place("data/conditions/a.pt")
        try TorchFile.write(
            TorchValue([
                "latents": .tensor(.zeros([6, 4], dtype: .bfloat16)), "num_frames": .integer(3), "height": .integer(1),
                "width": .integer(2), "fps": .number(24), "more": .list([.tensor(.zeros([3, 2])), .none, .tuple([])]),
            ]), to: latents)
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(.zeros([3, 4])), "prompt_attention_mask": .tensor(.ones([3], dtype: .bool)),
            ]), to: condition)
        func readData() throws {
            let data = try Precomputed(opening: data), problems = data.problems()
            let sample = try data.sample(data.items[0])
            _ = (problems, try data.statistics, try sample.latents.floats(), try sample.text.floats())
            _ = try sample.grid.coordinates(scale: (8 / sample.fps, 32, 32)).floats()
        }
        all.append(try Specimen("latents", latents, .torch, read: readData))
        all.append(try Specimen("condition", condition, .torch, read: readData))

        // MARK: Models
        let model = Path.join(folder, "model")
        try TinyModel.make(at: model)
        /// Makes what the configuration says, on the meta device and not endlessly many of it.
        func build(_ make: (Weights) throws -> Void) throws {
            struct Enough: Error {}
            var count = 0
            let weights = Weights { _, shape in
                count += 1
                if count > 2000 { throw Enough() }
                return try .empty(shape, device: .meta)
            }
            do { try make(weights) } catch is Enough {} catch is TorchError {}
        }
        for (part, make) in [
            (
                "transformer",
                { json, path in
                    let sizes = try TransformerConfiguration(json: json, path: path)
                    try build { _ = try Transformer($0, sizes) }
                }
            ),
            (
                "vae",
                { json, path in
                    let sizes = try VideoVAEConfiguration(json: json, path: path)
                    try build { _ = try VideoVAE($0, sizes) }
                }
            ),
            (
                "text_encoder",
                { json, path in
                    let sizes = try T5Configuration(json: json, path: path)
                    try build { _ = try T5Encoder($0, sizes) }
                }
            ),
        ] as [(String, (JSON, String) throws -> Void)] {
            let path = Path.join(model, "\(part)/config.json")
            all.append(try Specimen("config.json", path, .text) { try make(Files.json(path), path) })
        }
        let tokenizer = Path.join(model, "tokenizer/tokenizer_config.json")
        all.append(
            try Specimen("tokenizer", tokenizer, .text) {
                let tokenizer = try T5Tokenizer(folder: Path.join(model, "tokenizer"))
                let (ids, _) = try tokenizer.encode("a woman walks <extra_id_3>", length: 16)
                _ = try tokenizer.decode(ids)
            })
        let modelIndex = Path.join(model, "model_index.json")
        all.append(try Specimen("model_index.json", modelIndex, .text) { _ = try ModelCheck(model).problems })

        // MARK: Configurations and datasets
        let training = try place("run.yaml")
        try AtomicFile.write(runYAML, to: training)
        all.append(
            try Specimen("yaml", training, .text) {
                let configuration = try TrainingConfiguration.load(training)
                _ = (configuration.validate(), configuration.text)
            })
        let set = Path.join(folder, "set"), captions = try place("set/captions.json")
        try AtomicFile.write(
            #"[{"caption":"a man","media_path":"a.mp4","fps":24,"note":{"x":[1,2.5,null]}},{"caption":"b","media_path":"b.mp4"}]"#,
            to: captions)
        all.append(
            try Specimen("metadata", captions, .text) {
                let opened = OpenDatasets()
                defer { _ = opened.closeAll() }
                let data = try Dataset.open(set, among: opened)
                for place in 0..<data.count { _ = try data.clip(place + 1).caption }
            })
        let json = try place("any.json")
        try AtomicFile.write(
            #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",{"b":null}],"c":true,"d":18446744073709551616}"#, to: json)
        all.append(try Specimen("json", json, .text) { _ = try Files.json(json).text(indent: 2) })
        return all
    }

    private static let runYAML = """
        model:
          model_source: "LTXV_2B_0.9.5"
          training_mode: "lora"
        lora:
          rank: 32
          alpha: 32
          dropout: 0.0
          target_modules: ["to_k", "to_q"]
        optimization:
          learning_rate: 2e-4
          steps: 1500
          batch_size: 1
          gradient_accumulation_steps: 4
          max_grad_norm: 1.0
          scheduler_type: "cosine_with_restarts"
          scheduler_params: {T_0: 100, T_mult: 2, eta_min: 5e-5}
        data:
          preprocessed_data_root: "/data"
        validation:
          prompts: ["a", "b"]
          video_dims: [768, 448, 89]
          interval: null
        checkpoints:
          interval: 250
          keep_last_n: -1
        flow_matching:
          timestep_sampling_mode: "shifted_logit_normal"
          timestep_sampling_params: {std: 1.0}
        seed: 42
        output_dir: "outputs/run"

        """
}
