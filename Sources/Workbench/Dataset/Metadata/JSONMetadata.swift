import Base

/// The three JSON formats: a list of objects, one object of captions, one object a line.
enum JSONMetadata {
    static func read(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        // Text has its line breaks escaped.
        let hasReturns = bytes.contains(13)
        switch try JSON(parsing: bytes, path: path, largeIntegers: .kept) {
        case .array(let items):
            var layout = MetadataLayout(.list)
            layout.hasReturns = hasReturns
            return try rows(items.enumerated().map { ("entry \($0 + 1)", $1) }, layout, path: path)
        case .object(let object):
            var layout = MetadataLayout(.object)
            layout.hasReturns = hasReturns
            let entries = try object.members.map { key, value in
                guard value.isNull || value.string != nil else {
                    throw DatasetError.malformed(path, line: nil, reason: "'\(key)' must be a caption (text)")
                }
                return MetadataEntry(mediaPath: key, caption: value.string)
            }
            return (layout, entries)
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
        // A column that the first row lacks is one all the same.
        var known = Set(object.keys), columns = object.keys
        for (_, value) in items.dropFirst() {
            for key in value.object?.keys ?? [] where known.insert(key).inserted { columns.append(key) }
        }
        guard layout.adopt(columns: columns) else { throw DatasetError.columns(path, found: object.keys) }
        let entries = try items.map { place, value in
            guard let object = value.object, let media = object[layout.mediaColumn]?.string else {
                throw DatasetError.malformed(
                    path, line: nil, reason: "\(place) has no text under '\(layout.mediaColumn)'")
            }
            let caption = object[layout.captionColumn].map(Self.text), reference = object[layout.referenceColumn]
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

    /// A clip may have a list of captions, of which the first counts.
    private static func text(_ caption: JSON) -> JSON {
        guard let texts = caption.array, texts.allSatisfy({ $0.string != nil }) else { return caption }
        return texts.first ?? .null
    }

    /// The entry's own columns with the fields put into them; a new entry gets the reference's order of keys.
    private static func row(_ entry: MetadataEntry, _ layout: MetadataLayout) -> JSON {
        var columns = entry.columns
        if entry.caption != nil || columns[layout.captionColumn] != nil || columns.members.isEmpty {
            let text = entry.caption.map { JSON.string($0) } ?? .null, others = columns[layout.captionColumn]?.array
            columns[layout.captionColumn] = others.map { .array([text] + $0.dropFirst()) } ?? text
        }
        // A name that differs only in white space around it is left as it was found.
        let written = columns[layout.mediaColumn]?.string
        if written != entry.writtenPath, written.map({ Lines.trimmed($0) }) != entry.writtenPath {
            columns[layout.mediaColumn] = .string(entry.writtenPath)
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
        bytes(.array(entries.map { row($0, layout) }), layout)
    }
    private static func bytes(_ value: JSON, _ layout: MetadataLayout) -> [UInt8] {
        let text = value.text(indent: 2)
        return Array((layout.hasReturns ? text.replacing("\n", with: "\r\n") : text).utf8)
    }
    static func lines(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        Lines.bytes(entries.map { row($0, layout).text() }, layout)
    }
    static func object(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        let members = entries.map { (key: $0.writtenPath, value: $0.caption.map { JSON.string($0) } ?? .null) }
        return bytes(.object(JSONObject(members)), layout)
    }
}
