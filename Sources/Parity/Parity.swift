import Torch

/// All stages, in the order in which they build on each other.
public enum Parity {
    /// Each looks for its own values in the golden file, and says nothing of others.
    public static let stages: [any ParityStage] =
        [
            TokenizerStage(), T5Stage.fp32, T5Stage.bf16, VideoVAEStage.fp32, VideoVAEStage.bf16,
            RotaryStage(), TransformerStage.fp32, TransformerStage.bf16,
            RandomStage(), FlowStage(), TrainStage.fp32, TrainStage.bf16, FullTrainStage.fp32, FullTrainStage.bf16,
            TrainingCasesStage(), OptimizerStage(), RateGroupsStage(), DecomposedStage(), ScheduleStage(),
            AverageStage(),
            ScalerStage(), QuantizedStage.fp32, QuantizedStage.bf16, TrainStage.int8,
        ] + QwenStage.all + [LlavaStage(), Qwen3Stage()] + SampleStage.all + [
            ConditionedSampleStage.image, ConditionedSampleStage.reference,
        ]
        + GuidedSampleStage.all
}
