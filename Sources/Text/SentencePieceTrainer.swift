import CSentencePiece
import Base

/// Trains small SentencePiece models with T5's conventions: unigram, `<pad>` 0, `</s>` 1, `<unk>` 2, no begin token,
/// NMT's variant of NFKC, a dummy prefix.
public struct SentencePieceTrainer: Sendable {
    /// The most pieces that the model gets; fewer when the sentences do not hold so many.
    public var vocabulary = 2000

    /// A trainer for at most so many pieces.
    public init(vocabulary: Int = 2000) { self.vocabulary = vocabulary }

    /// The bytes of a `spiece.model`, the same for the same sentences.
    ///
    /// Throws `TextError.training` when there is too little text,
    /// or more characters than the vocabulary has places for.
    public func train(_ sentences: some Collection<String>) throws -> [UInt8] {
        // The library ends the process on an empty corpus and divides by a vocabulary of nothing.
        guard sentences.contains(where: { $0.unicodeScalars.contains { !$0.properties.isWhitespace } }) else {
            throw TextError.training("the sentences hold no text")
        }
        let characters = Set(sentences.joined().unicodeScalars).count
        guard vocabulary > characters + 4 else {
            throw TextError.training("\(vocabulary) pieces are too few for \(characters) different characters")
        }
        let options = [
            "model_type": "unigram", "vocab_size": "\(vocabulary)", "hard_vocab_limit": "false",
            "pad_id": "0", "eos_id": "1", "unk_id": "2", "bos_id": "-1",
            "pad_piece": "<pad>", "eos_piece": "</s>", "unk_piece": "<unk>",
            "character_coverage": "1.0", "normalization_rule_name": "nmt_nfkc",
            "num_threads": "1",  // several threads sum in no fixed order, and the model changes from run to run
            "minloglevel": "2",
        ]
        let lines = sentences.map { Array($0.utf8CString) }
        let pairs = options.flatMap { [$0.key, $0.value] }.map { Array($0.utf8CString) }
        var model: UnsafeMutableRawPointer?, length = 0
        let status = withPointers(lines) { lines, lengths in
            withPointers(pairs) { pairs, _ in
                csp_train(lines, lengths, sentences.count, pairs, options.count, &model, &length)
            }
        }
        guard status == 0 else {
            if status == 2 { throw TextError.outOfMemory("training a tokenizer") }
            throw TextError.training(String(cString: csp_last_error()))
        }
        defer { csp_free(model) }
        return Array(UnsafeRawBufferPointer(start: model, count: length))
    }

    /// The strings as C has them: one buffer, pointers into it, lengths without the closing zeros.
    private func withPointers<Result>(
        _ strings: [[CChar]], _ body: ([UnsafePointer<CChar>?], [Int]) -> Result
    ) -> Result {
        var starts: [Int] = [], buffer: [CChar] = []
        for string in strings {
            starts.append(buffer.count)
            buffer += string
        }
        return buffer.withUnsafeBufferPointer { buffer in
            body(starts.map { start in buffer.baseAddress.map { $0 + start } }, strings.map { $0.count - 1 })
        }
    }
}
