import Torch

/// All stages, in the order in which they build on each other.
public enum Parity {
    public static let stages: [any ParityStage] = [
        RotaryStage(), TransformerStage.fp32, TransformerStage.bf16,
        RandomStage(), FlowStage(), TrainStage.fp32, TrainStage.bf16,
    ] + SampleStage.all
}
