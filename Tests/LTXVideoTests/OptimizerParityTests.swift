import Base
import Parity
import Testing

/// Optimizers, schedules and averages against the libraries that they are of (Tests/Fixtures/make_optim.py).
@Suite struct OptimizerParityTests {
    private func rows(_ stage: any ParityStage) throws -> [ParityRow] {
        let goldens = try Goldens(Fixture.path("optim.safetensors"))
        return try stage.run(ParityModel(Fixture.path("models")), goldens)
    }

    @Test func `every optimizer moves parameters and states as its library does`() throws {
        let rows = try rows(OptimizerStage())
        #expect(rows.count == 11)
        for row in rows { #expect(row.passed, "\(row)") }
        // 8-bit codes must be the same to the bit.
        #expect(rows.filter { $0.label.hasPrefix("adamw8bit") }.allSatisfy { $0.tolerance == 0 })
    }

    @Test func `LoRA+ moves the B of adapters as peft does`() throws {
        let rows = try rows(RateGroupsStage())
        #expect(rows.count == 2)
        for row in rows { #expect(row.passed, "\(row)") }
    }

    @Test func `DoRA starts, computes and learns as peft's`() throws {
        let rows = try rows(DecomposedStage())
        #expect(rows.count == 4 * 6)
        for row in rows { #expect(row.passed, "\(row)") }
    }

    @Test func `every schedule and warm-up gives the rates of torch, also past its end`() throws {
        let rows = try rows(ScheduleStage())
        #expect(rows.count == 15)
        for row in rows { #expect(row.passed, "\(row)") }
    }

    @Test func `the loss scale of fp16 falls and grows as torch's, overflow for overflow`() throws {
        let rows = try rows(ScalerStage())
        #expect(rows.count == 2)
        for row in rows { #expect(row.passed, "\(row)") }
    }

    @Test func `the moving average is that of diffusers`() throws {
        let rows = try rows(AverageStage())
        #expect(rows.count == 1)
        for row in rows { #expect(row.passed, "\(row)") }
    }
}
