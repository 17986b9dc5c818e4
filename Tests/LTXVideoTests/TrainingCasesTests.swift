import Base
import LTXVideo
import Parity
import Testing

/// Updates over batches of several kinds against PyTorch, diffusers and peft (Tests/Fixtures/make_training_cases.py).
@Suite struct TrainingCasesTests {
    @Test func `accumulated, mixed and partly conditioned batches train the adapters as the reference does`() throws {
        let goldens = try Goldens(Fixture.path("training_cases.safetensors"))
        let rows = try TrainingCasesStage().run(ParityModel(Fixture.path("models/transformer")), goldens)
        for name in ["accumulation", "images", "per_sample", "buckets", "dropped"] {
            #expect(rows.filter { $0.label.hasPrefix("\(name) ") }.count == 3, "\(name)")
        }
        for row in rows { #expect(row.passed, "\(row)") }
    }
}
