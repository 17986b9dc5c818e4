import Base
import LuaKit
import Torch

/// The device that models are loaded on unless a call names another: `--device`, or CUDA where there is one.
struct SessionDevice {
    /// What `--device` says. Checked when the first model is loaded, so that the prompt does not wait for libtorch.
    var name = "auto"
    /// Where this process is one of several.
    var place: RankVariables?

    /// The device of that name, or the session's. Throws `DeviceError`.
    func chosen(_ text: String? = nil) throws -> Device {
        let device = try Device(parsing: text ?? name)
        // Each of a host's ranks has a device of its own, unless all are told to have the same.
        guard let place, case .cuda = device, !(text ?? name).contains(":") else { return device }
        return try Device(parsing: "cuda:\(place.localRank)")
    }

    /// `"bf16"` or `"fp32"`; nil is bf16. Throws for anything else.
    static func dtype(_ name: String?) throws -> DType {
        guard let name else { return .bfloat16 }
        guard let dtype = DType(name: name), [.bfloat16, .float32].contains(dtype) else {
            throw DTypeChoiceError(name: name)
        }
        return dtype
    }
}

extension LuaType where Value == String {
    /// `"bf16"` or `"fp32"`; `SessionDevice.dtype` refuses others in its own words.
    static var dtype: Self {
        var type = LuaType.string
        type.info.values = ["bf16", "fp32"]
        return type
    }
}

/// A number format that models cannot be loaded in.
struct DTypeChoiceError: UserError {
    let name: String
    var kind: String { "not_supported" }
    var key: String? { "dtype" }
    var description: String { "dtype '\(name)' is not supported (there are: bf16, fp32)" }
}
