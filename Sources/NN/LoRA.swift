import Torch

/// A low-rank adapter of a linear layer (Hu et al. 2021): y + B(A(dropout(x)))·alpha/rank, as peft's LoraLayer.
public final class LoRA {
    /// (rank, inputs) and (outputs, rank), both trainable leaves.
    public let a: Tensor, b: Tensor
    /// alpha / rank; may be changed while nothing runs, to apply the adapter at another strength.
    public var scale: Double
    /// Probability of dropping an element of x; 0 outside training.
    public var dropout: Double

    /// `a` (rank, inputs) and `b` (outputs, rank); neither is copied or made trainable.
    public init(a: Tensor, b: Tensor, alpha: Double, dropout: Double = 0) {
        (self.a, self.b, self.dropout) = (a, b, dropout)
        scale = alpha / Double(a.size(0))
    }

    /// peft's initialisation: A uniform in ±1/√inputs (`kaiming_uniform_(a=√5)`),
    /// drawn in the dtype and on the device of the adapter; B zero.
    public convenience init(
        for linear: Linear, rank: Int, alpha: Double, dropout: Double = 0, dtype: DType? = nil,
        generator: Generator? = nil
    ) throws {
        let dtype = dtype ?? linear.weight.dtype, device = linear.weight.device
        let a = try Tensor.empty([rank, linear.inputs], dtype: dtype, device: device)
        // In kaiming_uniform_'s own order of rounding: √3 · (gain / √inputs), gain √(2 / (1 + √5²)).
        let slope = 5.0.squareRoot(), gain = (2 / (1 + slope * slope)).squareRoot()
        let bound = 3.0.squareRoot() * (gain / Double(linear.inputs).squareRoot())
        try a.fillUniform(-bound, bound, generator: generator)
        let b = try Tensor.zeros([linear.outputs, rank], dtype: dtype, device: device)
        self.init(a: try a.trainable(), b: try b.trainable(), alpha: alpha, dropout: dropout)
    }

    func added(to y: Tensor, _ x: Tensor) throws -> Tensor {
        // peft casts x to the dtype of A; under autocast the linear does.
        let x = try dropout > 0 ? x.to(a.dtype).dropout(dropout) : x.to(a.dtype)
        return try y.adding(x.linear(a).linear(b), scaledBy: scale).to(y.dtype)
    }
}
