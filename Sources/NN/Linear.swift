import Torch

/// y = x·Wᵀ + b, with an optional low-rank adapter beside it.
///
/// A base layer is shared by all runs on a resident model; the adapter belongs to one run, which sets and clears it
/// while it holds the model's lease.
public final class Linear {
    /// The key of the layer: `"transformer_blocks.0.attn1.to_q"`.
    public let path: String
    public let inputs: Int, outputs: Int
    /// The adapter that is added to its output; nil for the base layer alone.
    public var lora: LoRA?
    let weight: LinearWeight
    private let bias: Tensor?

    /// Takes `weight` (outputs, inputs) and, with `bias`, `bias` (outputs). Throws `WeightsError`.
    public init(_ w: Weights, _ inputs: Int, _ outputs: Int, bias: Bool = true) throws {
        (path, self.inputs, self.outputs) = (w.path, inputs, outputs)
        weight = try w.matrix("weight", outputs: outputs, inputs: inputs)
        self.bias = bias ? try w.take("bias", outputs) : nil
        w.store.linears.append(self)
    }

    private init(path: String, _ inputs: Int, _ outputs: Int, _ weight: LinearWeight, _ bias: Tensor?) {
        (self.path, self.inputs, self.outputs, self.weight, self.bias) = (path, inputs, outputs, weight, bias)
    }

    /// The dtype that it computes in, whatever its matrix is kept as.
    public var computeType: DType { weight.computeType }
    /// Its matrix, if that is quantized and on the device.
    public var quantized: QuantizedTensor? { if case .quantized(let matrix, _) = weight { matrix } else { nil } }
    /// Bytes of its matrix as it is kept.
    public var byteCount: Int { weight.tensors.reduce(0) { $0 + $1.byteCount } }
    /// Where it computes.
    public var device: Device { weight.device }

    /// x (…, inputs) → (…, outputs).
    ///
    /// - Parameter isRead: false where nobody reads what comes out, and gradients go back through it all the same: a frozen matrix is
    ///   not multiplied by then.
    public func callAsFunction(_ x: Tensor, isRead: Bool = true) throws -> Tensor {
        guard let lora else { return try weight.product(x, bias, isRead: isRead) }
        if lora.isAdded(to: x), let matrix = try weight.frozen(bias) {
            return try x.linear(matrix, adaptedBy: lora.a, lora.b, scale: lora.scale, isRead: isRead)
        }
        // The gradient of a magnitude is made of what the layer gives.
        let y = try weight.product(x, bias, isRead: isRead || lora.magnitude != nil)
        return try lora.added(to: y, x, of: self)
    }

    /// Its matrix and bias, if nothing is trained in it and nothing beside it, and it is on the device.
    var frozenMatrix: FrozenMatrix? {
        if case .offloaded = weight { return nil }
        return lora == nil ? try? weight.frozen(bias) : nil
    }
    /// x·Wᵀ, without the bias and the adapter.
    func product(_ x: Tensor) throws -> Tensor { try weight.product(x, nil) }
    /// What comes out of the layer, without its bias.
    func withoutBias(_ y: Tensor) throws -> Tensor { try bias.map { try y - $0 } ?? y }
    /// Its matrix (outputs, inputs) in a dtype, where it is kept.
    func dense(_ dtype: DType) throws -> Tensor { try weight.dense(dtype) }
}

extension Linear {
    /// A convolution whose kernel is as large as its stride, over patches that are rows already: `weight` of this
    /// shape, the first axis the outputs. x (…, product of the others) → (…, outputs).
    public convenience init(kernel w: Weights, shape: [Int], bias: Bool = false) throws {
        let inputs = shape.dropFirst().reduce(1, *)
        let matrix = try w.take("weight", shape: shape).reshaped(shape[0], inputs)
        self.init(
            path: w.path, inputs, shape[0], .dense(matrix), bias ? try w.take("bias", shape[0]) : nil)
        w.store.linears.append(self)
    }
}
