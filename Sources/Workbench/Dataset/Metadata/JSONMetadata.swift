import Base

/// The three JSON formats: a list of objects, one object of captions, one object a line.
enum JSONMetadata {
    static func read(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        switch try JSON(parsing: bytes, path: path, largeIntegers: .kept) {
        case .array(let items):
            return try rows(items.enumerated().map { ("entry \($0 + 1)", $1) }, MetadataLayout(.list), path: path)
        case .object(let object):
            let entries = try object.members.map { key, value in
                guard value.isNull || value.string != nil else {
                    throw DatasetError.malformed(path, line: nil, reason: "'\(key)' must be a caption (text)")
                }
                return MetadataEntry(mediaPath: key, caption: value.string)
            }
            return (MetadataLayout(.object), entries)
        default:
            throw DatasetError.malformed(
                path, line: nil, reason: "a list of clips or an object of captions is expected")
        }
    }

    static func readLines(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        let (lines, hasMark, hasReturns) = try Lines.read(bytes, path: path)
        var layout = MetadataLayout(.lines), items: [(String, JSON)] = []
        (layout.hasMark, layout.hasReturns) = (hasMark, hasReturns)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            do { items.append(("line \(index + 1)", try JSON(parsing: Array(line.utf8), largeIntegers: .kept))) } catch
            {
                throw DatasetError.malformed(path, line: index + 1, reason: "column \(error.column): \(error.reason)")
            }
        }
        return try rows(items, layout, path: path)
    }

    private static func rows(
        _ items: [(place: String, value: JSON)], _ layout: MetadataLayout, path: String
    ) throws -> (MetadataLayout, [MetadataEntry]) {
        var layout = layout
        guard let first = items.first else { return (layout, []) }
        guard let object = first.value.object else {
            throw DatasetError.malformed(path, line: nil, reason: "\(first.place) must be an object with a media_path")
        }
        guard layout.adopt(columns: object.keys) else { throw DatasetError.columns(path, found: object.keys) }
        let entries = try items.map { place, value in
            guard let object = value.object, let media = object[layout.mediaColumn]?.string else {
                throw DatasetError.malformed(
                    path, line: nil, reason: "\(place) has no text under '\(layout.mediaColumn)'")
            }
            let caption = object[layout.captionColumn], reference = object[layout.referenceColumn]
            for (name, value) in [(layout.captionColumn, caption), (layout.referenceColumn, reference)] {
                guard value == nil || value?.isNull == true || value?.string != nil else {
                    throw DatasetError.malformed(path, line: nil, reason: "\(place): '\(name)' must be text")
                }
            }
            return MetadataEntry(
                mediaPath: Lines.name(media, in: Path.folder(path)), caption: caption?.string,
                reference: reference?.string,
                excluded: object[MetadataLayout.excludedColumn]?.bool ?? false, columns: object)
        }
        return (layout, entries)
    }

    /// The entry's own columns with the fields put into them; a new entry gets the reference's order of keys.
    private static func row(_ entry: MetadataEntry, _ layout: MetadataLayout) -> JSON {
        var columns = entry.columns
        if entry.caption != nil || columns[layout.captionColumn] != nil || columns.members.isEmpty {
            columns[layout.captionColumn] = entry.caption.map { .string($0) } ?? .null
        }
        // A name that differs only in white space around it is left as it was found.
        let written = columns[layout.mediaColumn]?.string
        if written != entry.mediaPath, written.map({ Lines.trimmed($0) }) != entry.mediaPath {
            columns[layout.mediaColumn] = .string(entry.mediaPath)
        }
        if entry.reference != nil || columns[layout.referenceColumn] != nil {
            columns[layout.referenceColumn] = entry.reference.map { .string($0) } ?? .null
        }
        if entry.excluded || columns[MetadataLayout.excludedColumn] != nil {
            columns[MetadataLayout.excludedColumn] = .bool(entry.excluded)
        }
        return .object(columns)
    }

    static func list(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        Array(JSON.array(entries.map { row($0, layout) }).text(indent: 2).utf8)
    }
    static func lines(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        Lines.bytes(entries.map { row($0, layout).text() }, layout)
    }
    static func object(_ entries: [MetadataEntry]) -> [UInt8] {
        let members = entries.map { (key: $0.mediaPath, value: $0.caption.map { JSON.string($0) } ?? .null) }
        return Array(JSON.object(JSONObject(members)).text(indent: 2).utf8)
    }
}
