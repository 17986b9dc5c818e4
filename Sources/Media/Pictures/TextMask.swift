import CMedia

/// One line of text as coverage, 0…255 a pixel, in the system's sans-serif font and whatever other fonts have the characters.
struct TextMask {
    /// Pixels. `height` is the line's, `width` the text's.
    let width: Int, height: Int
    /// Rows of `width`; empty when there is no memory for it.
    let coverage: [UInt8]

    /// - Parameters:
    ///   - size: the font's em in pixels, 1 to 500.
    ///   - room: pixels that the text may take across; what is longer ends in an ellipsis.
    init(_ text: String, size: Double, isBold: Bool = false, room: Int? = nil) {
        // Control characters have no place in a line, and no line is longer than some screens are wide.
        let scalars = text.unicodeScalars.prefix(2000).map { $0.value < 32 || $0.value == 127 ? " " : Character($0) }
        let line = Array(String(scalars).utf8CString)
        var mask = cm_text_mask()
        let limit = Int32(clamping: min(max(room ?? 0, 0), 30_000))
        let code = cm_text(line, line.count - 1, min(max(size, 1), 500), isBold ? 1 : 0, limit, &mask)
        defer { av_free(mask.coverage) }
        (width, height) = (Int(max(mask.width, 0)), Int(max(mask.height, 0)))
        guard code == 0, let rows = mask.coverage else {
            coverage = []
            return
        }
        let (width, stride) = (self.width, Int(mask.stride))
        coverage = (0..<height).flatMap { UnsafeBufferPointer(start: rows + $0 * stride, count: width) }
    }
}
