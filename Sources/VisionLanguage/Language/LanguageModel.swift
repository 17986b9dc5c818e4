import NN
import Torch

/// A decoder and what makes words of its states.
public final class LanguageModel {
    let config: DecoderConfiguration
    let decoder: Decoder
    private let head: Linear?

    /// `head`: where the output's matrix is, for a model that has one of its own.
    init(_ w: Weights, head: Weights, _ config: DecoderConfiguration) throws {
        self.config = config
        decoder = try Decoder(w, config)
        // Words are chosen by small differences: its matrix stays whole, as in every other program.
        self.head = config.isTied ? nil : try Linear(head.unquantized, config.width, config.vocabulary, bias: false)
    }
    /// The dtype of what it computes.
    public var dtype: DType { decoder.table.dtype }
    /// Where the weights are.
    public var device: Device { decoder.table.device }

    /// Prompts being continued, each a row. Throws when they are too long for `room` more tokens.
    public func start(_ prompts: [VisualPrompt], room: Int) throws -> Continuation {
        try Continuation(self, prompts, room: room)
    }
    /// Logits (rows, vocabulary) after the last of the tokens whose states are given, fp32.
    func logits(_ states: Tensor) throws -> Tensor {
        let last = try decoder.normalized(states.select(1, states.size(1) - 1))
        let found = try head.map { try $0.frozen(last) } ?? last.linears([FrozenMatrix(.dense(decoder.table))])[0]
        return try found.to(.float32)
    }
}
