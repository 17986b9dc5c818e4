import Base
import Synchronization
import Text

/// What a tokenizer says of texts that are longer than the text encoder reads.
public struct CaptionLimit: Sendable {
    private let tokenizer: T5Tokenizer

    init(_ tokenizer: T5Tokenizer) { self.tokenizer = tokenizer }

    /// That of the text encoder in memory, else of a model under `models/`; `nil` where there is none.
    static func known(models: String = "models") -> CaptionLimit? {
        let resident = ModelStore.shared.resident.filter { $0.key.part == .textEncoder }.map {
            Path.join($0.key.source, "tokenizer")
        }
        let places = resident + [ModelPlaces(models: models).shared("tokenizer", besides: models)].compactMap { $0 }
        return places.lazy.compactMap(Self.tokenizer).first.map { CaptionLimit($0) }
    }
    private static func tokenizer(_ folder: String) -> T5Tokenizer? {
        if let known = read.withLock({ $0[folder] }) { return known }
        guard let tokenizer = try? T5Tokenizer(folder: folder) else { return nil }
        read.withLock { $0[folder] = tokenizer }
        return tokenizer
    }
    private static let read = Mutex<[String: T5Tokenizer]>([:])

    /// `"has 291 tokens, 256 are read; cut off: '… at the camera'"`, `nil` for a text that is read whole.
    public func excess(_ text: String) -> String? {
        // A token is seldom less than a byte of the text, and then only by what Unicode takes apart.
        guard text.utf8.count * 3 >= CaptionEncoder.length, let tokens = try? tokenizer.encode(text),
            tokens.count > CaptionEncoder.length
        else { return nil }
        // The last place belongs to the mark that ends a text.
        let rest = tokens[(CaptionEncoder.length - 1)...].dropLast()
        let lost = Lines.trimmed((try? tokenizer.decode(Array(rest))) ?? "")
        let shown = lost.count > 60 ? "\(lost.prefix(57))…" : lost
        return "has \(tokens.count) tokens, \(CaptionEncoder.length) are read; cut off: '\(shown)'"
    }
    /// The same where no tokenizer is known, of a text that is too long whatever it counts: each word is a token at least.
    static func certainExcess(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace).count
        return words < CaptionEncoder.length
            ? nil
            : "has \(words) words, more than the \(CaptionEncoder.length) tokens that are read: its end is cut off"
    }
    /// One note for captions of several clips, `nil` where all are read whole.
    func note(_ captions: [(name: String, text: String)]) -> String? {
        let long = captions.compactMap { name, text in excess(text).map { (name: name, excess: $0) } }
        guard let first = long.first else { return nil }
        let others = long.dropFirst().map(\.name)
        return "the caption of '\(first.name)' \(first.excess)"
            + (others.isEmpty ? "" : " (too long as well: \(others.nameList))")
    }
}
