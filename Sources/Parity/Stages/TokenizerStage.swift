import Torch

/// `tok.*`: token IDs of every prompt, as they are and padded or cut to two lengths.
public struct TokenizerStage: ParityStage {
    /// What `--stage` takes.
    public let name = "tok"
    /// The only one.
    public init() {}

    /// One row a tensor.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let prompts = goldens.keys(after: "tok.").filter { $0.hasSuffix(".utf8") }.map { String($0.dropLast(5)) }
        guard !prompts.isEmpty else { return [] }
        let tokenizer = try model.tokenizer()
        return try prompts.flatMap { prompt -> [ParityRow] in
            let bytes = try goldens["tok.\(prompt).utf8"].ints().map { UInt8(truncatingIfNeeded: $0) }
            let text = String(decoding: bytes, as: UTF8.self)
            var ours = ["raw": try Tensor(tokenizer.encode(text))]
            for length in [128, 256] {
                let (identifiers, mask) = try tokenizer.encode(text, length: length)
                (ours["ids\(length)"], ours["mask\(length)"]) = (try Tensor(identifiers), try Tensor(mask))
            }
            return try ours.sorted { $0.key < $1.key }.filter { goldens.has("tok.\(prompt).\($0.key)") }.map {
                try .compare("\(prompt).\($0.key)", $0.value, goldens["tok.\(prompt).\($0.key)"], Tolerance.exact)
            }
        }
    }
}
