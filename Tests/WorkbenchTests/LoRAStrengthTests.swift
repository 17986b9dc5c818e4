import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// That a LoRA is applied, trained further and handed on at the strength that its file says.
@Suite(.serialized) struct LoRAStrengthTests {
    private let fixture: TrainingFixture
    private let layers: [Linear]

    init() throws {
        fixture = try TrainingFixture()
        layers = try Transformer.load(Path.join(TrainingFixture.model, "transformer")).linears
    }

    private func train(_ change: (inout TrainingConfiguration) -> Void) throws -> Run {
        var configuration = fixture.configuration
        change(&configuration)
        let run = try Trainer(configuration, device: .cpu).start(configuration)
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run
    }
    private func notes(_ run: Run) -> [String] {
        run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
    }
    private func same(_ a: String, _ b: String) throws -> Bool {
        let a = try Safetensors.read(a), b = try Safetensors.read(b)
        return try !a.isEmpty && a.count == b.count && a.allSatisfy { try b[$0.key]?.isEqual(to: $0.value) == true }
    }
    /// Adapters on the attention of two blocks; `rank` and `alpha` by block.
    private func file(
        _ name: String, ranks: [Int], alphas: [Double?] = [], metadata: [String: String] = ["format": "pt"],
        key: (_ module: String, _ part: String) -> String = { "transformer.\($0).\($1)" }
    ) throws -> String {
        var tensors: [String: Tensor] = [:]
        let random = try Generator(seed: 9)
        for (block, rank) in ranks.enumerated() {
            for linear in layers where linear.path.hasPrefix("transformer_blocks.\(block).attn1.") {
                tensors[key(linear.path, "lora_A.weight")] =
                    try Tensor.randn([rank, linear.inputs], generator: random) * 0.1
                tensors[key(linear.path, "lora_B.weight")] =
                    try Tensor.randn([linear.outputs, rank], generator: random) * 0.1
                if alphas.indices.contains(block), let alpha = alphas[block] {
                    tensors[key(linear.path, "alpha")] = try Tensor.full([], alpha)
                }
            }
        }
        let path = Scratch.path(name, ".safetensors")
        try Safetensors.write(tensors, metadata: metadata, to: path)
        return path
    }

    @Test(arguments: [(8, 16), (8, 4), (16, 16)])
    func `training further at rate 0 leaves every adapter bit for bit as it was, any number of times`(
        rank: Int, alpha: Int
    ) throws {
        let first = try train {
            $0.lora?.rank = rank
            $0.lora?.alpha = alpha
        }
        var last = first
        for _ in 0..<3 {
            let source = last.folder
            last = try train {
                $0.model.loadCheckpoint = source
                $0.optimization.steps = 1
                $0.optimization.learningRate = 0
                $0.lora?.rank = 16
                $0.lora?.alpha = 16
            }
            #expect(try same(first.checkpoints[0], last.checkpoints[0]))
            let saved = try LoRAFile(last.folder)
            #expect(
                saved.adapters.count == 32 && saved.adapters.allSatisfy { $0.alpha == Double(alpha) && $0.rank == rank }
            )
            // What was trained is what the run's own configuration says.
            let written = try TrainingConfiguration.load(Path.join(last.folder, "config.yaml"))
            #expect(written.lora?.rank == rank && written.lora?.alpha == alpha)
            #expect(notes(last).contains { $0.contains("is trained on as it is") } == (rank != 16 || alpha != 16))
        }
    }

    @Test func `a file of mixed ranks keeps the strength of each adapter`() throws {
        let source = try file("mixed", ranks: [8, 4], alphas: [4, 4], key: { "transformer.\($0).\($1)" })
        let run = try train {
            $0.model.loadCheckpoint = source
            $0.optimization.steps = 1
            $0.optimization.learningRate = 0
            $0.acceleration.mixedPrecisionMode = .no
        }
        let saved = try LoRAFile(run.folder), original = try LoRAFile(source)
        #expect(saved.adapters.map(\.strength) == original.adapters.map(\.strength))
        #expect(Set(saved.adapters.map(\.strength)) == [0.5, 1])
        #expect(saved.targets == ["to_k", "to_out.0", "to_q", "to_v"] && saved.ranks == [4, 8])
        for (a, b) in zip(saved.adapters, original.adapters) {
            #expect(try a.module == b.module && a.a.isEqual(to: b.a) && a.b.isEqual(to: b.b))
        }
        #expect(saved.adapters.count == 8)
    }

    @Test func `a file of the reference trainer, which says no alpha, is trained at the configuration's`() throws {
        let source = try file("silent", ranks: [8, 8])
        func strengths(rank: Int, alpha: Int) throws -> (Set<Double>, [String]) {
            let run = try train {
                $0.model.loadCheckpoint = source
                $0.optimization.steps = 1
                $0.lora?.rank = rank
                $0.lora?.alpha = alpha
            }
            return (Set(try LoRAFile(run.folder).adapters.map(\.strength)), notes(run))
        }
        let same = try strengths(rank: 8, alpha: 16)
        #expect(same.0 == [2] && same.1.contains { $0.contains("does not say its alpha") })
        // Of another rank: the configuration's alpha was not meant for it.
        let other = try strengths(rank: 16, alpha: 4)
        #expect(other.0 == [1] && other.1.contains { $0.contains("rank 8, not 16") }, "\(other.1)")
    }

    @Test func `checkpoints hold B as it was trained, and the copy for ComfyUI is folded`() throws {
        let run = try train {
            $0.lora?.alpha = 16
            $0.acceleration.mixedPrecisionMode = .no
        }
        let trained = try Safetensors.read(run.checkpoints[0])
        let comfy = try LoRAFile(Path.join(run.folder, "checkpoints/comfy_\(RunFolder.checkpointName(6))"))
        #expect(comfy.adapters.count == 32 && comfy.adapters.allSatisfy { $0.strength == 1 })
        var changed = 0
        for adapter in comfy.adapters {
            let b = try #require(trained["transformer.\(adapter.module).lora_B.weight"])
            #expect(try adapter.b.isEqual(to: b * 2.0))
            if try b.abs().max().item() > 0 { changed += 1 }
        }
        #expect(changed > 0)
    }

    @Test func `every spelling of one LoRA is read as the same adapters`() throws {
        let plain = try LoRAFile(file("plain", ranks: [8, 4], alphas: [4, 4]))
        let text = LoRAMetadata.text(plain.adapters.map { ($0.module, $0.rank, $0.alpha ?? 0) })
        func kohya(_ module: String, _ part: String) -> String {
            "lora_unet_\(module.replacing(".", with: "_"))."
                + ["lora_A.weight": "lora_down.weight", "lora_B.weight": "lora_up.weight"][part, default: part]
        }
        let spelt = [
            try file("comfy", ranks: [8, 4], alphas: [4, 4]) { "diffusion_model.\($0).\($1)" },
            try file("metadata", ranks: [8, 4], metadata: [LoRAMetadata.name: text]),
            try file("peft", ranks: [8, 4], metadata: [LoRAMetadata.name: text]) { "base_model.model.\($0).\($1)" },
            try file("bare", ranks: [8, 4], alphas: [4, 4]) { "\($0).\($1)" },
            try file("old", ranks: [8, 4], alphas: [4, 4]) {
                "transformer.base_model.model.\($0)."
                    + ["lora_A.weight": "lora.down.weight", "lora_B.weight": "lora.up.weight"][$1, default: $1]
            },
            try file("default", ranks: [8, 4], alphas: [4, 4]) {
                "transformer.\($0).\($1.replacing(".weight", with: ".default.weight"))"
            },
            try file("compiled", ranks: [8, 4], alphas: [4, 4]) { "transformer._orig_mod.\($0).\($1)" },
            try file("kohya", ranks: [8, 4], alphas: [4, 4], key: kohya),
        ]
        for path in spelt {
            let read = try LoRAFile(path)
            #expect(read.adapters.map(\.module) == plain.adapters.map(\.module), "\(path)")
            #expect(read.adapters.map(\.strength) == plain.adapters.map(\.strength), "\(path)")
            for (a, b) in zip(read.adapters, plain.adapters) {
                #expect(try a.a.isEqual(to: b.a) && a.b.isEqual(to: b.b))
            }
            // Strength survives the way through other programs' spellings.
            let folded = try LoRAFile(Exporter.diffusers(path, to: Scratch.path("out", ".safetensors")))
            for (a, b) in zip(folded.adapters, plain.adapters) {
                #expect(try a.b.isEqual(to: b.foldedB) && a.strength == 1)
            }
        }
    }

    @Test func `what is no whole LoRA is one sentence that says so, the same each time`() throws {
        let a = "transformer.transformer_blocks.0.attn1.to_q.lora_A.weight"
        let b = "transformer.transformer_blocks.0.attn1.to_q.lora_B.weight"
        func refusal(_ tensors: [String: Tensor]) throws -> String {
            let path = Scratch.path("refused", ".safetensors")
            try Safetensors.write(tensors, to: path)
            var texts: Set<String> = []
            for _ in 0..<5 {
                do {
                    try LoRAFile(path).requireFinite()
                    texts.insert("accepted")
                } catch { texts.insert("\(error)") }
            }
            #expect(texts.count == 1)
            return texts.first ?? ""
        }
        let down = try Tensor.ones([4, 128]), up = try Tensor.ones([128, 4])
        #expect(try refusal([a: down]).contains("has no lora_B"))
        #expect(try refusal([:]).contains("there is no tensor in it"))
        #expect(try refusal([a: down, b: Tensor.ones([128, 3])]).contains("do not belong together"))
        #expect(try refusal([a: down, b: Tensor.full([128, 4], .nan)]).contains("512 of 512 values"))
        #expect(
            try refusal([a: down, b: up, "transformer.other.lora_A.weight": down]).contains(
                "'transformer.other.lora_A.weight'"))
        #expect(
            try refusal([a: down, b: up, a.replacing("lora_A.weight", with: "lokr_w1"): up]).contains("is a LoKr"))
        #expect(try refusal(["proj_in.weight": down]).contains("none of its 1 tensors"))
    }
    @Test(arguments: [
        ("lokr_w1", "LoKr"), ("hada_w1_a", "LoHa"),
    ])
    func `an adapter of another kind is one sentence of its inspection`(ending: String, kind: String) throws {
        let module = "transformer.transformer_blocks.0.attn1.to_q", path = Scratch.path("lora", ".safetensors")
        let tensors = ["\(module).\(ending)": try Tensor.ones([128, 4]), "\(module).alpha": try Tensor.ones([])]
        try Safetensors.write(tensors, to: path)
        let problems = try Exporter.inspect(path).problems
        #expect(problems == ["it is a \(kind), not a plain LoRA; it is not supported yet"])
    }
}
