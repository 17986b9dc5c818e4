import Base
import Configuration
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Every file of configs/, as it stands but for sizes, steps and places.
@Suite(.serialized) struct ShippedConfigurationsTests {
    private static let folder = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "configs")
    static let names = TrainingConfiguration.templateNames(in: folder)

    @Test func `there is one for each card`() {
        for name in [
            "ltx_13b_lora_template", "ltx_13b_lora_int8-quanto_template", "ltxv_13b_ic_lora", "ltxv_13b_lora_16gb",
            "ltxv_13b_lora_24gb", "ltxv_2b_full", "ltxv_2b_lora", "ltxv_2b_lora_low_vram",
        ] { #expect(Self.names.contains(name), "\(name)") }
    }

    @Test(arguments: names)
    func `a shipped configuration trains on the tiny model`(_ name: String) throws {
        let path = Path.join(Self.folder, "\(name).yaml")
        let values = ["BASENAME": "tiny", "RANK": "8"]
        let shipped =
            name.hasSuffix("_template")
            ? try TrainingConfiguration.template(path, values, note: { _ in })
            : try TrainingConfiguration.load(path)
        let fixture = try TrainingFixture(clips: max(3, 2 * shipped.optimization.batchSize))
        var changes: [String: YAML] = [
            "model.model_source": YAML(.string(TrainingFixture.model)), "lora.rank": YAML(.integer(4)),
            "lora.alpha": YAML(.integer(4)), "optimization.steps": YAML(.integer(2)),
            "optimization.gradient_accumulation_steps": YAML(.integer(1)),
            "data.preprocessed_data_root": YAML(.string(fixture.configuration.data.preprocessedDataRoot)),
            "output_dir": YAML(.string(fixture.configuration.outputDir)),
            "validation.video_dims": YAML(.list([32, 32, 9].map { YAML(.integer($0)) })),
            "validation.inference_steps": YAML(.integer(2)),
        ]
        if shipped.lora == nil {
            changes["lora.rank"] = nil
            changes["lora.alpha"] = nil
        }
        if shipped.conditioning.mode == .referenceVideo { try fixture.writeReferences() }
        #expect(Trainer.unsupported(shipped).isEmpty)
        var cut = shipped
        for (key, value) in changes { try cut.set(key, to: value) }
        let run = try Trainer(cut, device: .cpu).start(cut)
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        #expect(run.state == .finished && run.history.count == 2 && run.checkpoints.count == 1)
        #expect(run.samples.isEmpty == (shipped.validation.prompts.isEmpty || shipped.validation.interval == nil))
    }
}
