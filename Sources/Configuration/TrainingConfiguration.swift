import Foundations

/// A training configuration: the YAML schema of the reference trainer, typed.
///
/// `keys` is the one table of what there is; reading, writing, dotted paths, help and completion all go through it. A value
/// made in Swift can break a range or a cross check: `validate` tells.
public struct TrainingConfiguration: Sendable, Equatable {
    public var model = Model()
    /// `nil` only for full fine-tuning.
    public var lora: LoRA? = LoRA()
    public var conditioning = Conditioning()
    public var optimization = Optimization()
    public var acceleration = Acceleration()
    public var data = Data()
    public var validation = Validation()
    public var checkpoints = Checkpoints()
    public var flowMatching = FlowMatching()
    public var hub = Hub()
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
