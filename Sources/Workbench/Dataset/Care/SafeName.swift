import Base

/// File names that every system, shell and metadata format takes.
enum SafeName {
    private static let unsafe: Set<Character> = [
        "|", "\\", ":", "*", "?", "\"", "<", ">", "'", "`", "$", "&", ";", "\0",
    ]

    /// The name with what is unsafe replaced by `_`; `nil` when the name is safe as it is.
    static func proposal(for name: String) -> String? {
        let dotted = Path.dottedExtension(name)
        var stem = String(
            Path.stem(name).map { character in
                let isControl = character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
                return isControl || unsafe.contains(character) || character.isNewline ? "_" : character
            })
        while let first = stem.first, first == " " || first == "-" { stem.removeFirst() }
        while stem.last == " " || stem.last == "." { stem.removeLast() }
        if stem.isEmpty { stem = "clip" }
        let proposed = stem + dotted
        return proposed == name ? nil : proposed
    }
}
