import Torch

/// The matrix of a linear layer, as it is kept.
///
/// Whoever needs a number format or a place asks for these; only the product knows what lies in memory.
public enum LinearWeight {
    /// (outputs, inputs), in the dtype that is computed in.
    case dense(Tensor)
    /// (outputs, inputs) in fewer bits, and the dtype that is computed in.
    case quantized(QuantizedTensor, DType)
    /// (outputs, inputs), a leaf, and the dtype that is computed in, which may have fewer bits: what autocast does.
    case trained(Tensor, DType)
    /// In host memory or in parts on several ranks, and on the device while its block is used.
    case offloaded(OffloadedWeight)

    /// x·Wᵀ + b of x (…, inputs); where it is not read, what stands for it, unless something is trained in it.
    func product(_ x: Tensor, _ bias: Tensor?, isRead: Bool = true) throws -> Tensor {
        switch self {
        case .dense(let matrix) where isRead: try x.linear(matrix, bias)
        case .quantized(let matrix, _) where isRead: try x.linear(matrix, bias)
        case .dense(let matrix): try x.unreadLinear(FrozenMatrix(.dense(matrix)))
        case .quantized(let matrix, _): try x.unreadLinear(FrozenMatrix(.quantized(matrix)))
        case .trained(let matrix, let dtype): try x.to(dtype).linear(matrix.to(dtype), bias?.to(dtype))
        case .offloaded(let weight): try weight.onDevice().product(x, bias, isRead: isRead)
        }
    }
    /// The matrix as it is on the device, with its bias; nil where it is trained.
    func frozen(_ bias: Tensor?) throws -> FrozenMatrix? {
        switch self {
        case .dense(let matrix): FrozenMatrix(.dense(matrix), bias: bias)
        case .quantized(let matrix, _): FrozenMatrix(.quantized(matrix), bias: bias)
        case .trained: nil
        case .offloaded(let weight): try weight.onDevice().frozen(bias)
        }
    }
    /// (outputs, inputs) in a dtype: where it computes while its block is used, else where it is kept.
    func dense(_ dtype: DType) throws -> Tensor {
        switch self {
        case .dense(let matrix), .trained(let matrix, _): try matrix.to(dtype)
        case .quantized(let matrix, let own): try matrix.dense(own).to(dtype)
        case .offloaded(let weight): try (weight.here ?? weight.kept()).dense(dtype)
        }
    }
    /// What a product comes out in, and what an adapter beside it is made in.
    var computeType: DType {
        switch self {
        case .dense(let matrix): matrix.dtype
        case .quantized(_, let dtype), .trained(_, let dtype): dtype
        case .offloaded(let weight): weight.host.computeType
        }
    }
    /// Where it computes.
    var device: Device {
        switch self {
        case .dense(let matrix), .trained(let matrix, _): matrix.device
        case .quantized(let matrix, _): matrix.codes.device
        case .offloaded(let weight): weight.device
        }
    }
    /// What it is kept in: one tensor, or codes, scale and shift.
    var tensors: [Tensor] {
        switch self {
        case .dense(let matrix), .trained(let matrix, _): [matrix]
        case .quantized(let matrix, _): matrix.tensors
        case .offloaded(let weight): weight.host.tensors
        }
    }
    /// The same matrix with every tensor put through `place`: to another device.
    func moved(_ place: (Tensor) throws -> Tensor) rethrows -> LinearWeight {
        switch self {
        case .dense(let matrix): .dense(try place(matrix))
        case .trained(let matrix, let dtype): .trained(try place(matrix), dtype)
        case .quantized(let matrix, let dtype): .quantized(try matrix.moved(place), dtype)
        case .offloaded(let weight): try weight.host.moved(place)
        }
    }
}

/// A matrix that is elsewhere. Whoever walks the blocks brings it to the device for the time that its block is used, and takes it off
/// again; nothing is copied back.
public final class OffloadedWeight {
    /// In memory that the device reads by itself; of shapes alone where only a part of it is kept.
    private(set) var host: LinearWeight
    let device: Device
    /// Set and cleared by the owner of the blocks.
    var here: LinearWeight?
    private var isInParts = false

    init(_ host: LinearWeight, for device: Device) { (self.host, self.device) = (host, device) }

    /// What it looks like is all that is kept of it: the values are in the parts of the ranks.
    func forgetValues() throws {
        host = try host.moved { try $0.emptyCopy(on: .meta) }
        isInParts = true
    }
    fileprivate func kept() throws -> LinearWeight {
        guard !isInParts else {
            throw TorchError.failed("a matrix that several ranks share was used outside its block")
        }
        return host
    }
    fileprivate func onDevice() throws -> LinearWeight {
        guard let here else { throw TorchError.failed("an offloaded matrix was used outside its block") }
        return here
    }
}
