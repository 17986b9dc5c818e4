import LTXVideo
import Torch

/// `t5.*` and `t5bf16.*`: embeddings of the golden file's own token IDs, without an attention mask and with it.
public struct T5Stage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, tolerance: Double

    /// In fp32.
    public static let fp32 = T5Stage(name: "t5", dtype: .float32, tolerance: Tolerance.forward)
    /// In bf16.
    public static let bf16 = T5Stage(name: "t5bf16", dtype: .bfloat16, tolerance: Tolerance.bf16)

    /// One row a tensor.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let prompts = goldens.keys(after: "\(name).").filter { $0.hasSuffix(".nomask") }.map { String($0.dropLast(7)) }
        guard !prompts.isEmpty else { return [] }
        let encoder = try model.textEncoder(dtype)
        return try withoutGradients {
            try prompts.flatMap { prompt -> [ParityRow] in
                let ids = try goldens["tok.\(prompt).ids256"].unsqueezed(0)
                let mask = try goldens["tok.\(prompt).mask256"].unsqueezed(0)
                let bare = try goldens["\(name).\(prompt).nomask"], masked = try goldens["\(name).\(prompt).mask"]
                return [
                    try .compare("\(prompt).nomask", encoder(ids).squeezed(0), bare, tolerance),
                    try .compare("\(prompt).mask", encoder(ids, mask: mask).squeezed(0), masked, tolerance),
                ]
            }
        }
    }
}
