import Configuration
import Torch

extension Quantization {
    /// What frozen matrices are kept in; nil keeps them as they are computed with.
    public var format: QuantizedFormat? {
        switch self {
        case .noChange: nil
        case .int8: .int8
        case .int4: .int4
        case .int2: .int2
        case .fp8: .fp8
        case .fp8uz: .fp8uz
        }
    }
    /// Throws where the device does not convert to and from these numbers.
    func require(on device: Device) throws {
        guard let format, !format.works(on: device) else { return }
        let others = Self.allCases.filter { $0.format.map { $0.works(on: device) } ?? true }.map(\.rawValue)
        throw TrainerError.unsupported(
            "acceleration.quantization", rawValue,
            "\(device) does not convert to these numbers; take \(others.joined(separator: ", "))")
    }
}
