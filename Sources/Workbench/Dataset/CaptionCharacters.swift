/// What a caption may hold.
enum CaptionCharacters {
    /// Throws `DatasetError.controlCharacter` for a text with a control character that the old one did not have. Line breaks and tabs
    /// are text.
    static func check(_ text: String, of name: String, from old: String?) throws {
        guard let (place, scalar) = text.unicodeScalars.enumerated().first(where: { isControl($0.element) }),
            old?.unicodeScalars.contains(where: isControl) != true
        else { return }
        throw DatasetError.controlCharacter(name, code: scalar.value, column: place + 1)
    }
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7F..<0xA0).contains(scalar.value)
    }
}
