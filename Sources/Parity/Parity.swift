import Torch

/// All stages, in the order in which they build on each other.
public enum Parity {
    /// Those not built yet come last and are skipped.
    public static let stages: [any ParityStage] =
        [
            TokenizerStage(), T5Stage.fp32, T5Stage.bf16, VideoVAEStage.fp32, VideoVAEStage.bf16,
            RotaryStage(), TransformerStage.fp32, TransformerStage.bf16,
            RandomStage(), FlowStage(), TrainStage.fp32, TrainStage.bf16, FullTrainStage.fp32, FullTrainStage.bf16,
            TrainingCasesStage(), OptimizerStage(), RateGroupsStage(), DecomposedStage(), ScheduleStage(), AverageStage(),
            ScalerStage(), QuantizedStage.fp32, QuantizedStage.bf16, TrainStage.int8,
        ] + QwenStage.all + SampleStage.all + [ConditionedSampleStage.image, ConditionedSampleStage.reference]
        + GuidedSampleStage.all + UnbuiltStage.all
}
