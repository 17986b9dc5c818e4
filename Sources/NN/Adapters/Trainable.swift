import Torch

/// A tensor that is trained, and what it is called in files.
public struct Parameter {
    /// `"transformer_blocks.0.attn1.to_q.lora_A.weight"`.
    public let name: String
    /// A leaf that gradients are wanted for.
    public let tensor: Tensor

    /// Neither is checked.
    public init(_ name: String, _ tensor: Tensor) { (self.name, self.tensor) = (name, tensor) }
}

/// What a run trains on a resident model, which it leaves as it was.
public protocol Trainable: AnyObject {
    /// In the order in which they were made: what the optimizer updates.
    var parameters: [Parameter] { get }
    /// Lets the model compute with them: at `strength` times what was trained, with `dropout` while training.
    func attach(strength: Double, dropout: Dropout?)
    /// Takes them off again, leaving any other in place.
    func detach()
}

extension Trainable {
    /// How many numbers are trained.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.tensor.count } }
}
