import Base

/// What a `tokenizer.json` of byte pair encoding has in it, whatever its first tokens are: vocabulary, merges, added tokens.
struct BytePairFile: Sendable {
    /// By text as it is spelled, and back.
    private var places: [ExactText: Int] = [:]
    private(set) var texts: [Int: String] = [:]
    private(set) var pairs = BytePairs([])
    /// Beside the vocabulary, and found in a text before anything else is done to it.
    private(set) var added: [AddedToken] = []
    let path: String

    /// Throws `TextError` for a file of another kind, or a damaged one.
    init(_ json: JSON, path: String) throws {
        self.path = path
        guard let model = json["model"], model["type"]?.string == "BPE", let vocabulary = model["vocab"]?.object else {
            throw refusal("is no byte pair encoding")
        }
        for (text, id) in vocabulary.members {
            guard let id = id.integer, id >= 0 else { throw refusal("has '\(text)' without a number") }
            (places[ExactText(text)], texts[id]) = (id, text)
        }
        pairs = BytePairs(
            try (model["merges"]?.array ?? []).enumerated().map { rank, merge in
                let parts =
                    merge.array?.compactMap(\.string) ?? merge.string?.split(separator: " ").map(String.init) ?? []
                guard parts.count == 2, let left = id(of: parts[0]), let right = id(of: parts[1]),
                    let merged = id(of: parts[0] + parts[1])
                else { throw refusal("has a merge (number \(rank + 1)) of what is not in its vocabulary") }
                return (left, right, merged)
            })
        try add(AddedToken.list(json["added_tokens"], path: path))
    }
    /// A vocabulary of SentencePiece's, whose pieces are ordered by rank: every way to make one of two others is a merge.
    init(pieces: [String], added: [AddedToken], path: String) {
        self.path = path
        for (id, piece) in pieces.enumerated() { (places[ExactText(piece)], texts[id]) = (id, piece) }
        var merges: [(left: Int, right: Int, merged: Int)] = []
        for (id, piece) in pieces.enumerated() where !piece.hasPrefix("<") {
            var ways: [(left: Int, right: Int)] = []
            for place in piece.unicodeScalars.indices.dropFirst() {
                guard let left = self.id(of: String(piece.unicodeScalars[..<place])),
                    let right = self.id(of: String(piece.unicodeScalars[place...]))
                else { continue }
                ways.append((left, right))
            }
            merges += ways.sorted { ($0.left, $0.right) < ($1.left, $1.right) }.map { ($0.left, $0.right, id) }
        }
        pairs = BytePairs(merges)
        add(added)
    }
    private mutating func add(_ tokens: [AddedToken]) {
        added = tokens
        for token in tokens {
            (places[ExactText(token.content)], texts[token.identifier]) = (token.identifier, token.content)
        }
    }
    /// The ID of a token; nil where there is none of this spelling.
    func id(of text: String) -> Int? { places[ExactText(text)] }
    /// Why the file is not taken: `what` goes on after "it".
    func refusal(_ what: String) -> TextError { .malformed(path: path, reason: "it \(what)") }
}
