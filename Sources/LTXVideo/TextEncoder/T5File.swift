import Base
import NN
import Torch

/// The T5 encoder in one safetensors file without a `config.json`, as ComfyUI keeps text encoders (`t5xxl_fp16`,
/// `t5xxl_fp8_e4m3fn`): the names of transformers, the sizes out of the shapes.
public struct T5File {
    private let file: Safetensors.File, scales: ScaledWeights
    private static let table = "shared.weight", copy = "encoder.embed_tokens.weight"
    private static let distances = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"

    /// Maps the file. Throws when it holds no such encoder.
    public init(_ path: String) throws {
        file = try Safetensors.File(path)
        scales = try ScaledWeights(file.header, path: path)
        guard file.header[Self.distances] != nil else { throw WeightsError.missing(Self.distances, path) }
    }

    /// The encoder. Strict: a missing, unused or misshapen tensor is an error that names it. Weights in fp8 become what the
    /// policy asks for.
    public func encoder(_ policy: WeightPolicy = WeightPolicy()) throws -> T5Encoder {
        let names = file.header.entries.map(\.name).filter { !scales.marks.contains($0) && $0 != "logit_scale" }
        let pairs = names.map { ($0, $0) }, rest = try file.entry(Self.distances).dtype
        return try scales.weights(Dictionary(uniqueKeysWithValues: pairs), of: file, rest: rest, policy).whole {
            try T5Encoder($0, configuration())
        }
    }

    /// The sizes that the shapes have.
    public func configuration() throws -> T5Configuration {
        func shape(_ name: String) throws -> (rows: Int, columns: Int) {
            guard let shape = file.header[name]?.shape else { throw WeightsError.missing(name, file.path) }
            guard shape.count == 2 else {
                throw SafetensorsError.tensor(file.path, name, "has the shape \(shape)")
            }
            return (shape[0], shape[1])
        }
        let block = "encoder.block.0.layer."
        let table = try shape(file.header[Self.table] == nil ? Self.copy : Self.table)
        let bias = try shape(Self.distances), query = try shape(block + "0.SelfAttention.q.weight")
        let layers = file.header.entries.filter { $0.name.hasSuffix(".layer.0.SelfAttention.q.weight") }.count
        let members = [
            "vocab_size": table.rows, "d_model": table.columns, "num_layers": layers, "num_heads": bias.columns,
            "d_kv": bias.columns > 0 ? query.rows / bias.columns : 0,
            "d_ff": try shape(block + "1.DenseReluDense.wi_0.weight").rows,
            "relative_attention_num_buckets": bias.rows,
        ]
        // By way of its JSON, which bounds what a file says.
        var json = JSONObject(members.map { ($0.key, .integer($0.value)) })
        json["feed_forward_proj"] = "gated-gelu"
        return try T5Configuration(json: .object(json), path: file.path)
    }
}
