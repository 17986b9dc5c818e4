/// What a language model reads and writes with: text to tokens and back.
public protocol PromptTokenizer: Sendable {
    /// Token IDs, with what the tokenizer puts before every text. Added tokens that stand in the text are themselves, special ones
    /// too.
    func encode(_ text: String) throws -> [Int]
    /// The text of IDs, without special tokens. Bytes that are no UTF-8 become replacement characters.
    func decode(_ identifiers: [Int]) -> String
    /// The ID of a token that the vocabulary or the added tokens have.
    func id(of token: String) -> Int?
}
