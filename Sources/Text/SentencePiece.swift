import CSentencePiece
import Base

/// A SentencePiece model: text to piece IDs and back. Safe to use from several threads at once.
///
/// Versions 0.1.97 and 0.2.0 of the library gave the same IDs for 20,000 random texts; 0.2.3 breaks exact ties between
/// two segmentations of the same score the other way (6 of the 20,000, all in runs of one digit).
public final class SentencePiece: @unchecked Sendable {
    // Invariant for Sendable: set once in `init`; the library only reads a loaded model.
    private let handle: csp_processor

    /// A model from the bytes of a `spiece.model` file; `path` names it in errors.
    ///
    /// - Parameter addsDummyPrefix: `false` overrides the model's own setting, so that text does not begin with `▁`.
    /// - Throws: `TextError`.
    public init(_ model: [UInt8], path: String, addsDummyPrefix: Bool? = nil) throws {
        var bytes = model
        if let addsDummyPrefix {
            // A message field that appears twice is merged (protobuf): ModelProto.normalizer_spec = 3 with
            // NormalizerSpec.add_dummy_prefix = 3.
            bytes += [0x1A, 2, 0x18, addsDummyPrefix ? 1 : 0]
        }
        // An empty file parses as an empty message, whose use ends the process.
        if model.isEmpty { throw TextError.malformed(path: path, reason: "it is empty") }
        var handle: csp_processor?
        let status = csp_open(bytes, bytes.count, &handle)
        guard status == 0, let handle else {
            if status == 2 { throw TextError.outOfMemory("reading '\(path)'") }
            throw TextError.malformed(path: path, reason: Self.lastError)
        }
        self.handle = handle
        guard csp_piece_count(handle) > 0 else { throw TextError.malformed(path: path, reason: "it holds no pieces") }
    }
    deinit { csp_close(handle) }

    /// The number of pieces. IDs are below it.
    public var count: Int { Int(csp_piece_count(handle)) }
    /// The ID of the unknown piece.
    public var unknown: Int { Int(csp_unknown(handle)) }

    /// The piece's ID, `unknown` when there is no such piece.
    public func identifier(of piece: String) -> Int {
        var piece = piece
        return piece.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { Int(csp_piece_id(handle, $0.baseAddress, $0.count)) }
        }
    }
    /// The piece with an ID. Throws `TextError.identifier`.
    public func piece(_ identifier: Int) throws -> String {
        guard let id = Int32(exactly: identifier), 0..<count ~= identifier else {
            throw TextError.identifier(identifier, vocabulary: count)
        }
        var out: UnsafeMutablePointer<CChar>?, length = 0
        try check(csp_piece(handle, id, &out, &length), "reading a piece")
        return text(out, length)
    }
    /// Piece IDs of a text, normalised as the model says. Throws `TextError`.
    public func encode(_ text: String) throws -> [Int] {
        var text = text, out: UnsafeMutablePointer<Int32>?, count = 0
        let status = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { csp_encode(handle, $0.baseAddress, $0.count, &out, &count) }
        }
        try check(status, "encoding a text")
        defer { csp_free(out) }
        return UnsafeBufferPointer(start: out, count: count).map(Int.init)
    }
    /// The text of piece IDs, without a leading space. Throws `TextError.identifier`.
    public func decode(_ identifiers: [Int]) throws -> String {
        let count = count
        if let bad = identifiers.first(where: { !(0..<count ~= $0) }) {
            throw TextError.identifier(bad, vocabulary: count)
        }
        var out: UnsafeMutablePointer<CChar>?, length = 0
        try check(csp_decode(handle, identifiers.map(Int32.init), identifiers.count, &out, &length), "decoding a text")
        return text(out, length)
    }

    private func text(_ buffer: UnsafeMutablePointer<CChar>?, _ length: Int) -> String {
        defer { csp_free(buffer) }
        return UnsafeRawBufferPointer(start: buffer, count: length).withMemoryRebound(to: UInt8.self) {
            String(decoding: $0, as: UTF8.self)
        }
    }
    private func check(_ status: csp_status, _ doing: String) throws {
        switch status {
        case 0: return
        case 2: throw TextError.outOfMemory(doing)
        default: throw TextError.malformed(path: "spiece.model", reason: Self.lastError)
        }
    }
    private static var lastError: String {
        let text = String(cString: csp_last_error())
        return text.isEmpty ? "it is not a SentencePiece model" : text
    }
}
