import Base

/// Tells metadata from other files that have the same extension, by their beginning: a list that speaks of no media says
/// nothing of a folder's captions.
enum MetadataProbe {
    /// Why a file is no metadata, as a clause; `nil` for metadata, and for damaged metadata, which is to be named with its place.
    static func refusal(of path: String) -> String? {
        guard let bytes = try? Files.read(path), let text = TextDecoding(bytes)?.bytes else { return nil }
        switch Path.fileExtension(path) {
        case "csv":
            // As far as the header is known, the rest does not matter.
            guard let header = CSVMetadata.header(text) else { return nil }
            return refusal(ofColumns: header)
        case "jsonl":
            guard let line = text.split(separator: 10).first(where: { !$0.allSatisfy(isSpace) }) else { return nil }
            guard let row = try? JSON(parsing: Array(line), largeIntegers: .kept) else { return nil }
            return refusal(ofRow: row)
        case "json": return refusal(ofJSON: text)
        case "txt":
            guard let lines = try? Lines.read(text, path: path).lines else { return nil }
            if lines.allSatisfy({ $0.allSatisfy(\.isWhitespace) }) { return nil }
            let names = lines.compactMap(PipedText.split).map { Lines.trimmed($0.name) }
            return names.contains { MediaKind($0) != nil } ? nil : "it has no 'file|caption' line"
        default: return nil
        }
    }

    private static func refusal(ofColumns columns: [String]) -> String? {
        var layout = MetadataLayout(.csv)
        return layout.adopt(columns: columns) ? nil : "it has no column with the media's path"
    }
    private static func refusal(ofRow row: JSON) -> String? {
        row.object.map { refusal(ofColumns: $0.keys) } ?? "it has no media paths"
    }
    private static func refusal(ofJSON text: [UInt8]) -> String? {
        guard let start = text.firstIndex(where: { !isSpace($0) && ![0xEF, 0xBB, 0xBF].contains($0) }) else {
            return nil
        }
        if text[start] == UInt8(ascii: "{") {
            guard let object = (try? JSON(parsing: text, largeIntegers: .kept))?.object else { return nil }
            let isCaptions = object.members.contains { MediaKind($0.key) != nil && $0.value.array == nil }
            return isCaptions || object.members.isEmpty ? nil : "none of its keys is a media file"
        }
        guard text[start] == UInt8(ascii: "[") else { return "it is no list" }
        guard let first = text[(start + 1)...].firstIndex(where: { !isSpace($0) }) else { return nil }
        if text[first] == UInt8(ascii: "]") { return nil }
        // Whatever else is in the list, it need not be read for this.
        guard text[first] == UInt8(ascii: "{") else { return "it has no media paths" }
        guard let row = object(in: text[first...]).flatMap({ try? JSON(parsing: $0, largeIntegers: .kept) }) else {
            return nil
        }
        return refusal(ofRow: row)
    }
    /// From an opening brace to the one that closes it.
    private static func object(in text: ArraySlice<UInt8>) -> [UInt8]? {
        var depth = 0, isInString = false, isEscaped = false
        for (place, byte) in zip(text.indices, text) {
            if isEscaped {
                isEscaped = false
            } else if isInString {
                if byte == UInt8(ascii: "\\") { isEscaped = true }
                if byte == UInt8(ascii: "\"") { isInString = false }
            } else {
                if byte == UInt8(ascii: "\"") { isInString = true }
                if byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "}") { depth -= 1 }
                if depth == 0 { return Array(text[...place]) }
            }
        }
        return nil
    }
    private static func isSpace(_ byte: UInt8) -> Bool { [9, 10, 13, 32].contains(byte) }
}
