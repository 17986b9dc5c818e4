import Base
import NN
import Torch

/// The scales that some single files keep beside their weights in fp8, as ComfyUI writes them: a weight is what is stored
/// times `to_q.scale_weight` (also `to_q.weight_scale`), and an empty tensor `scaled_fp8` marks the file.
struct ScaledWeights {
    /// Tensors of the file that are no weights: scales and marks.
    let marks: Set<String>
    private let scales: [String: String]

    /// Throws for a way of quantising that is not implemented.
    init(_ header: SafetensorsHeader, path: String) throws {
        var scales: [String: String] = [:], marks: Set<String> = []
        for entry in header.entries {
            let parts = entry.name.split(separator: ".", omittingEmptySubsequences: false)
            let stem = parts.dropLast().joined(separator: ".")
            switch parts.last.map(String.init) ?? "" {
            case "scaled_fp8": marks.insert(entry.name)
            // What activations are scaled by, for arithmetic in fp8.
            case "scale_input", "input_scale": marks.insert(entry.name)
            case "scale_weight", "weight_scale":
                let weight = "\(stem).weight"
                guard entry.shape.allSatisfy({ $0 == 1 }), header[weight]?.dtype.isNarrow == true else {
                    throw SingleFileError.quantised(path, entry.name)
                }
                scales[weight] = entry.name
                marks.insert(entry.name)
            case "comfy_quant", "quant_state", "absmax", "qweight", "qzeros":
                throw SingleFileError.quantised(path, entry.name)
            default: break
            }
        }
        (self.scales, self.marks) = (scales, marks)
    }

    /// Tensors of the file by other names: `names` has the name in the file for each.
    ///
    /// - Parameter rest: what the other weights of the model are in, which those in fp8 become without a wish: they are no
    ///   numbers to compute with.
    func weights(
        _ names: [String: String], of file: Safetensors.File, rest: DType, _ policy: WeightPolicy
    ) throws -> Weights {
        var stored = StoredScales(dtype: rest.isNarrow ? .bfloat16 : rest), tensors: [String: Tensor] = [:]
        for (name, key) in names {
            tensors[name] = try file.tensor(key)
            if let scale = scales[key] { stored.scales[name] = try file.tensor(scale) }
        }
        return Weights(tensors, source: file.path, policy: policy, stored: stored)
    }
}

/// A single file that is no LTX-Video model, or one in a form that is not read.
public enum SingleFileError: UserError {
    case noTransformer(String)
    case noVAE(String)
    /// The tensor that shows it.
    case quantised(String, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noTransformer, .noVAE: "weights.missing"
        case .quantised: "model.unsupported"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noTransformer(let path), .noVAE(let path), .quantised(let path, _): path
        }
    }
    /// See `UserError`.
    public var key: String? { if case .quantised(_, let key) = self { key } else { nil } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noTransformer(let path):
            "'\(path)' holds no LTX-Video transformer (no tensor 'model.diffusion_model.patchify_proj.weight')"
        case .noVAE(let path):
            "'\(path)' holds no video VAE (no tensor 'vae.decoder.conv_out.conv.weight'); "
                + "get the published file, which holds transformer and VAE"
        case .quantised(let path, let name):
            "'\(path)' is quantised in a way that is not read (tensor '\(name)'); "
                + "get the bf16 or the plain fp8 .safetensors file of the same model"
        }
    }
}
