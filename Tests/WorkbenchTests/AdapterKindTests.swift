import Base
import Configuration
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// DoRA, LoRA+ and adapters of several ranks, as runs and as files.
@Suite(.serialized) struct AdapterKindTests {
    private func train(
        _ fixture: TrainingFixture, _ change: (inout TrainingConfiguration) -> Void
    ) throws -> (run: Run, notes: [String]) {
        var configuration = fixture.configuration
        change(&configuration)
        let run = try Trainer(configuration, device: .cpu).start(configuration)
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return (run, run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } })
    }

    @Test(arguments: [Quantization.noChange, .int8])
    func `a DoRA trains its magnitudes, is read again, trained further and exported`(_ format: Quantization) throws {
        let fixture = try TrainingFixture()
        let (run, _) = try train(fixture) {
            $0.lora?.useDora = true
            $0.lora?.alpha = 4
            $0.acceleration.quantization = format
        }
        let file = try Safetensors.File(#require(run.checkpoints.last))
        let magnitudes = file.header.entries.filter { $0.name.hasSuffix(".to_q.lora_magnitude_vector") }
        #expect(magnitudes.count == 8 && magnitudes.allSatisfy { $0.shape == [128] })
        #expect(file.header.metadata[LoRAMetadata.name]?.contains("\"transformer.use_dora\":true") == true)
        #expect(try Exporter.inspect(file.path).problems.isEmpty)
        let read = try LoRAFile(file.path)
        // They were trained, and not only made.
        let skeleton = try Trainer(fixture.configuration, device: .cpu).model
        let lease = try skeleton.lease(.transformer, dtype: .bfloat16, device: .cpu, for: "a test")
        let linears = try lease.model().linears
        let fresh = try AdapterSet(
            linears, read.options, targets: ["to_q"], generator: Generator(seed: 1))
        lease.release()
        let moved = try fresh.adapters.contains { linear, lora in
            let trained = read.adapters.first { $0.module == linear.path }?.magnitude
            return try trained.map { try lora.magnitude?.isEqual(to: $0) == false } ?? false
        }
        #expect(moved)

        let comfy = try LoRAFile(Exporter.comfyui(file.path, to: Path.join(fixture.folder, "c.safetensors")))
        #expect(
            try Safetensors.File(comfy.path).header.entries.contains {
                $0.name == "diffusion_model.transformer_blocks.0.attn1.to_q.dora_scale" && $0.shape == [128, 1]
            })
        #expect(comfy.adapters.count == read.adapters.count && !read.adapters.isEmpty)
        for (a, b) in zip(comfy.adapters, read.adapters) {
            let (ours, theirs) = (try #require(a.magnitude), try #require(b.magnitude))
            #expect(try ours.isEqual(to: theirs) && a.b.isEqual(to: b.foldedB))
        }

        let (further, notes) = try train(fixture) {
            $0.model.loadCheckpoint = file.path
            $0.outputDir = Path.join(fixture.folder, "further")
        }
        #expect(notes.contains { $0.contains("as DoRA") })
        #expect(try LoRAFile(further.folder).adapters.allSatisfy { $0.magnitude != nil })
    }

    @Test func `ranks and alphas by pattern are in the file, and a pattern that fits nothing is refused`() throws {
        let fixture = try TrainingFixture()
        let (run, _) = try train(fixture) {
            $0.lora?.rankPattern = ["attn2.to_k": 3, "to_k": 5]
            $0.lora?.alphaPattern = ["transformer_blocks.1.attn1.to_q": 16]
        }
        let read = try LoRAFile(run.folder)
        func ranks(_ ending: String) -> Set<Int> {
            Set(read.adapters.filter { $0.module.hasSuffix(ending) }.map(\.rank))
        }
        #expect(ranks("attn2.to_k") == [3] && ranks("attn1.to_k") == [5] && ranks("to_v") == [8])
        #expect(read.adapters.filter { $0.alpha == 16 }.map(\.module) == ["transformer_blocks.1.attn1.to_q"])
        #expect {
            _ = try train(fixture) { $0.lora?.rankPattern = ["to_kk": 3] }
        } throws: {
            "\($0)".contains("lora.rank_pattern") && "\($0)".contains("'to_kk'; did you mean 'to_k'")
                || "\($0)".contains("to_kk")
        }
    }
}

extension LoRAFile {
    fileprivate var options: AdapterOptions {
        var options = AdapterOptions(rank: 8, alpha: 4)
        options.isDecomposed = true
        return options
    }
}
