import Base
import Foundation

/// The `tokenizer.json` of a T5 tokenizer, which is all that transformers 5 saves: the same pieces and scores as in
/// `spiece.model`, in JSON.
struct UnigramTokenizerFile {
    /// The bytes of a `spiece.model` that says the same.
    let model: [UInt8]
    /// The tokens beside the pieces, such as `<extra_id_0>`.
    let added: [AddedToken]
    /// Whether a space is put before every part of the text and not only before the first.
    let prefixesEveryPart: Bool

    /// Throws `FileError`, `JSONError`, and `TextError` for a tokenizer of another kind.
    init(path: String) throws {
        let json = try Files.json(path)
        guard json["model"]?["type"]?.string == "Unigram", let vocabulary = json["model"]?["vocab"]?.array else {
            let found = json["model"]?["type"]?.string ?? "none"
            throw TextError.unsupported(path: path, what: "the tokenizer model '\(found)'")
        }
        if json["model"]?["byte_fallback"]?.bool == true {
            throw TextError.unsupported(path: path, what: "'byte_fallback'")
        }
        let pieces = try vocabulary.map { entry -> (text: String, score: Double) in
            guard let pair = entry.array, pair.count == 2, let text = pair[0].string, let score = pair[1].number,
                !text.isEmpty, score.isFinite
            else { throw TextError.malformed(path: path, reason: "'vocab' has an entry \(entry.text().prefix(40))") }
            return (text, score)
        }
        guard let unknown = json["model"]?["unk_id"]?.integer, pieces.indices.contains(unknown) else {
            throw TextError.malformed(path: path, reason: "'unk_id' is no place in 'vocab'")
        }
        added = try AddedToken.list(json["added_tokens"], path: path)
        // Extra tokens stand at the end of the list, too, where they are no pieces.
        let places = Dictionary(added.map { ($0.identifier, $0.content) }) { $1 }
        var count = pieces.count
        while count > 0, places[count - 1] == pieces[count - 1].text { count -= 1 }
        guard count > unknown else { throw TextError.malformed(path: path, reason: "it holds no pieces") }

        var proto = ProtocolBuffer()
        for (place, piece) in pieces.prefix(count).enumerated() {
            var message = ProtocolBuffer()
            message.add(1, Array(piece.text.utf8))
            message.add(2, Float(piece.score))
            // Normal pieces say nothing; the unknown one is of type 2, control pieces of type 3.
            if place == unknown { message.add(3, 2) } else if places[place] != nil { message.add(3, 3) }
            proto.add(1, message.bytes)
        }
        var normalizer = ProtocolBuffer()
        normalizer.add(2, try Self.charactersMap(json["normalizer"], path) ?? [])
        // A space before the text, none twice, each shown as ▁: what Metaspace does.
        for field in 3...5 { normalizer.add(field, 1) }
        proto.add(3, normalizer.bytes)
        model = proto.bytes
        prefixesEveryPart = try Self.prefix(json["pre_tokenizer"], path) == "always"
    }

    /// SentencePiece's own table of what becomes of which characters; nil when there is none.
    private static func charactersMap(_ normalizer: JSON?, _ path: String) throws -> [UInt8]? {
        guard let normalizer, !normalizer.isNull else { return nil }
        switch normalizer["type"]?.string {
        case "Sequence":
            return try (normalizer["normalizers"]?.array ?? []).compactMap { try charactersMap($0, path) }.first
        case "Precompiled":
            guard let map = normalizer["precompiled_charsmap"]?.string, let data = Data(base64Encoded: map) else {
                throw TextError.malformed(path: path, reason: "'precompiled_charsmap' is not base64")
            }
            return Array(data)
        // Spaces in a row, and those at the ends, go in SentencePiece itself.
        case "Replace" where normalizer["pattern"]?["Regex"]?.string == " {2,}": return nil
        case "Strip": return nil
        case let type:
            throw TextError.unsupported(path: path, what: "the normalizer '\(type ?? normalizer.text())'")
        }
    }

    /// Where Metaspace puts a space before the text: `"always"` or `"first"`.
    private static func prefix(_ tokenizer: JSON?, _ path: String) throws -> String {
        let list = tokenizer?["type"]?.string == "Sequence" ? tokenizer?["pretokenizers"]?.array : nil
        for step in list ?? [tokenizer ?? .null] where !step.isNull {
            switch step["type"]?.string {
            case "WhitespaceSplit": continue
            case "Metaspace" where step["replacement"]?.string == "▁":
                if let scheme = step["prepend_scheme"]?.string, ["always", "first"].contains(scheme) { return scheme }
                // Before there was a scheme.
                if step["prepend_scheme"] == nil, step["add_prefix_space"]?.bool ?? true { return "always" }
            default: break
            }
            throw TextError.unsupported(path: path, what: "the pre-tokenizer \(step.text().prefix(80))")
        }
        throw TextError.unsupported(path: path, what: "a tokenizer without Metaspace")
    }
}

/// A message in protobuf's wire format, being written.
private struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    /// A field of bytes, text or a message.
    mutating func add(_ field: Int, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(value.count)
        bytes += value
    }
    mutating func add(_ field: Int, _ value: Float) {
        varint(field << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }
    /// A field of a number, a flag or one of a few.
    mutating func add(_ field: Int, _ value: Int) {
        varint(field << 3)
        varint(value)
    }
    private mutating func varint(_ value: Int) {
        var rest = UInt64(bitPattern: Int64(value))
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
