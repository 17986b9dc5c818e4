import Torch

/// A low-rank adapter of a linear layer (Hu et al. 2021): y + B(A(dropout(x)))·alpha/rank, as peft's LoraLayer. With a magnitude
/// (DoRA, Liu et al. 2024) the rows of the adapted matrix have the lengths that it says.
public final class LoRA {
    /// (rank, inputs) and (outputs, rank), both trainable leaves.
    public let a: Tensor, b: Tensor
    /// (outputs), trainable; nil for a plain LoRA.
    public let magnitude: Tensor?
    /// What the rank is weighed against: a trained adapter is applied at alpha / rank.
    public let alpha: Double
    /// How much of that it is applied at; 1 is as trained. Changed while nothing runs.
    public var strength = 1.0
    /// Of x; nil outside training.
    public var dropout: Dropout?

    /// `a` (rank, inputs), `b` (outputs, rank) and `magnitude` (outputs); none is copied or made trainable.
    public init(a: Tensor, b: Tensor, magnitude: Tensor? = nil, alpha: Double) {
        (self.a, self.b, self.magnitude, self.alpha) = (a, b, magnitude, alpha)
    }

    /// peft's initialisation: A uniform in ±1/√inputs (`kaiming_uniform_(a=√5)`),
    /// drawn in the dtype and on the device of the adapter; B zero. `isDecomposed`: with the lengths of the layer's rows as magnitude.
    public convenience init(
        for linear: Linear, rank: Int, alpha: Double, isDecomposed: Bool = false, dtype: DType? = nil,
        generator: Generator? = nil
    ) throws {
        let dtype = dtype ?? linear.computeType, device = linear.device
        let a = try Tensor.empty([rank, linear.inputs], dtype: dtype, device: device)
        // In kaiming_uniform_'s own order of rounding: √3 · (gain / √inputs), gain √(2 / (1 + √5²)).
        let slope = 5.0.squareRoot(), gain = (2 / (1 + slope * slope)).squareRoot()
        let bound = 3.0.squareRoot() * (gain / Double(linear.inputs).squareRoot())
        try a.fillUniform(-bound, bound, generator: generator)
        let b = try Tensor.zeros([linear.outputs, rank], dtype: dtype, device: device)
        let lengths = try isDecomposed ? linear.dense(dtype).rowLengths().to(device).cloned().trainable() : nil
        self.init(a: try a.trainable(), b: try b.trainable(), magnitude: lengths, alpha: alpha)
    }

    /// The inner width.
    public var rank: Int { a.size(0) }
    /// What B·A is multiplied by.
    public var scale: Double { strength * alpha / Double(rank) }

    /// Whether it is a product beside that of the layer, of the same x in the same dtype, and nothing else.
    func isAdded(to x: Tensor) -> Bool { magnitude == nil && (dropout?.probability ?? 0) == 0 && x.dtype == a.dtype }
    func added(to y: Tensor, _ x: Tensor, of linear: Linear) throws -> Tensor {
        // peft casts x to the dtype of A; under autocast the linear does.
        var h = try x.to(a.dtype)
        if let dropout { h = try dropout(h) }
        let change = try h.linear(a).linear(b)
        guard let magnitude else { return try y.adding(change, scaledBy: scale).to(y.dtype) }
        // What is dropped is dropped for the layer itself too; its bias is not scaled.
        let isDropped = (dropout?.probability ?? 0) > 0
        let base = try isDropped ? linear.product(h) : linear.withoutBias(y)
        let ratio = try magnitude / lengths(linear)
        return try (y + (ratio - 1) * base + ratio * change * scale).to(y.dtype)
    }
    /// Of the rows of the adapted matrix: a constant, no way back leads through them.
    private func lengths(_ linear: Linear) throws -> Tensor {
        try withoutGradients {
            try linear.dense(a.dtype).adding(b.matmul(a), scaledBy: scale).rowLengths()
        }
    }
}

extension Tensor {
    /// (rows) of a matrix: the L2 norm of each row, summed in fp32.
    fileprivate func rowLengths() throws -> Tensor { try to(.float32).squared().sum(1).sqrt().to(dtype) }
}

/// Elements left out at random while training, the others made larger in turn (Srivastava et al. 2014).
public struct Dropout {
    /// Of an element being dropped, 0 to 1; 0 draws nothing.
    public let probability: Double
    /// What the masks are drawn from: the run's, so that a seed means the same run.
    public let generator: Generator

    /// `generator` is one of the device that the layers are on.
    public init(_ probability: Double, generator: Generator) {
        (self.probability, self.generator) = (probability, generator)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        probability > 0 ? try x.dropout(probability, generator: generator) : x
    }
}

extension [Linear] {
    /// What the adapters on these layers draw their masks from; nil when none drops anything. A block that is computed
    /// twice must draw the same twice.
    public var dropoutGenerator: Generator? {
        lazy.compactMap { $0.lora?.dropout }.first { $0.probability > 0 }?.generator
    }
}
