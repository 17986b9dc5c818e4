import Base

/// A training configuration: the YAML schema of the reference trainer, typed.
///
/// `keys` is the one table of what there is; reading, writing, dotted paths, help and completion all go through it. A
/// value made in Swift can break a range or a cross check: `validate` tells.
public struct TrainingConfiguration: Sendable, Equatable {
    /// Which model is trained, and how much of it.
    public var model = Model()
    /// `nil` only for full fine-tuning.
    public var lora: LoRA? = LoRA()
    /// What the model is given besides the text.
    public var conditioning = Conditioning()
    /// Optimizer, schedule and length of the run.
    public var optimization = Optimization()
    /// Number formats and memory savings.
    public var acceleration = Acceleration()
    /// Where the preprocessed clips are.
    public var data = Data()
    /// The videos that are sampled while training.
    public var validation = Validation()
    /// When the weights are saved.
    public var checkpoints = Checkpoints()
    /// How noise levels are drawn.
    public var flowMatching = FlowMatching()
    /// Publishing.
    public var hub = Hub()
    /// Weights & Biases.
    public var wandb = WandB()
    /// Seeds LoRA weights, data order, conditioning, noise levels and noise.
    public var seed = 42
    /// As written; `outputFolder` is where it is.
    public var outputDir = "outputs"

    /// The defaults. `data.preprocessedDataRoot` is empty and must be set before training.
    public init() {}

    /// `outputDir` with `~` expanded, absolute.
    public var outputFolder: String { Path.absolute(outputDir) }
}
