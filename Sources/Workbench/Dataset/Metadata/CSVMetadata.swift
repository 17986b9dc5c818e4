import Base

/// Comma-separated values as RFC 4180 has them, with a header, a byte order mark and either line ending.
enum CSVMetadata {
    static func read(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        var layout = MetadataLayout(.csv)
        let rows = try parse(bytes, path: path, &layout)
        guard let header = rows.first?.fields else { throw DatasetError.columns(path, found: []) }
        layout.header = header.map { Lines.trimmed($0) }
        guard Set(layout.header).count == layout.header.count else {
            throw DatasetError.malformed(path, line: 1, reason: "two columns have the same name")
        }
        guard layout.adopt(columns: layout.header) else { throw DatasetError.columns(path, found: layout.header) }
        let entries = try rows.dropFirst().map { line, fields in
            guard fields.count == layout.header.count else {
                throw DatasetError.malformed(
                    path, line: line,
                    reason: "\(counted(fields.count, "field")) where the header has \(layout.header.count)")
            }
            let columns = JSONObject(zip(layout.header, fields).map { ($0, .string($1)) })
            func text(_ name: String) -> String? {
                columns[name]?.string.flatMap { $0.isEmpty ? nil : $0 }
            }
            let folder = Path.folder(path)
            guard let media = text(layout.mediaColumn).map({ Lines.name($0, in: folder) }), !media.isEmpty else {
                throw DatasetError.malformed(path, line: line, reason: "'\(layout.mediaColumn)' is empty")
            }
            return MetadataEntry(
                mediaPath: media, caption: text(layout.captionColumn), reference: text(layout.referenceColumn),
                excluded: ["true", "1", "yes"].contains(text(MetadataLayout.excludedColumn)?.lowercased()),
                columns: columns)
        }
        return (layout, entries)
    }

    /// The names of the columns; `nil` where the first row cannot be read.
    static func header(_ bytes: [UInt8]) -> [String]? {
        var layout = MetadataLayout(.csv), end = 0, isQuoted = false
        while end < bytes.count, isQuoted || bytes[end] != 10 {
            if bytes[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
            end += 1
        }
        return (try? parse(Array(bytes[..<end]), path: "", &layout))?.first?.fields.map { Lines.trimmed($0) }
    }

    /// Fields row by row with the line each row starts on. Blank lines are skipped.
    private static func parse(
        _ bytes: [UInt8], path: String, _ layout: inout MetadataLayout
    ) throws -> [(line: Int, fields: [String])] {
        layout.hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        var rows: [(line: Int, fields: [String])] = [], fields: [String] = [], field: [UInt8] = []
        var at = layout.hasMark ? 3 : 0, line = 1, rowLine = 1, wasQuoted = false
        func finish() throws {
            guard let text = String(validating: field, as: UTF8.self), !field.contains(0) else {
                throw DatasetError.malformed(path, line: line, reason: "the text is not UTF-8")
            }
            fields.append(text)
            field.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        func finishRow() throws {
            if !(fields.isEmpty && field.isEmpty && !wasQuoted) {
                try finish()
                rows.append((rowLine, fields))
            }
            fields = []
        }
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\"") where field.isEmpty && !wasQuoted:
                wasQuoted = true
                let start = line
                while true {
                    guard at < bytes.count else {
                        throw DatasetError.malformed(
                            path, line: start, reason: "the quote that starts here is not closed")
                    }
                    let inner = bytes[at]
                    at += 1
                    if inner == UInt8(ascii: "\"") {
                        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { break }
                        at += 1
                    }
                    if inner == 10 { line += 1 }
                    field.append(inner)
                }
            case UInt8(ascii: ","): try finish()
            case 13 where at < bytes.count && bytes[at] == 10: layout.hasReturns = true
            case 10:
                try finishRow()
                line += 1
                rowLine = line
            default:
                guard !wasQuoted else {
                    throw DatasetError.malformed(path, line: line, reason: "text after a closing quote")
                }
                field.append(byte)
            }
        }
        try finishRow()
        return rows
    }

    static func write(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        var header = layout.header.isEmpty ? [layout.captionColumn, layout.mediaColumn] : layout.header
        if entries.contains(where: { $0.reference != nil }) { append(layout.referenceColumn, to: &header) }
        if entries.contains(where: { $0.caption != nil }) { append(layout.captionColumn, to: &header) }
        if entries.contains(where: \.excluded) { append(MetadataLayout.excludedColumn, to: &header) }
        // Columns that came from another format.
        var known = Set(header)
        for entry in entries {
            for key in entry.columns.keys where known.insert(key).inserted { header.append(key) }
        }
        let rows = entries.map { entry in
            header.map { name in
                switch name {
                case layout.mediaColumn:
                    let written = entry.columns[name]?.string
                    let isSame =
                        written == entry.writtenPath || written.map { Lines.trimmed($0) } == entry.writtenPath
                    return quoted(isSame ? written ?? "" : entry.writtenPath)
                case layout.captionColumn: return quoted(entry.caption ?? "")
                case layout.referenceColumn: return quoted(entry.reference ?? "")
                case MetadataLayout.excludedColumn:
                    let written = entry.columns[name]?.string ?? ""
                    let meant = ["true", "1", "yes"].contains(written.lowercased())
                    return meant == entry.excluded ? quoted(written) : String(entry.excluded)
                default: return quoted(entry.columns[name].map { $0.string ?? $0.text() } ?? "")
                }
            }.joined(separator: ",")
        }
        return Lines.bytes([header.map(quoted).joined(separator: ",")] + rows, layout)
    }
    private static func append(_ name: String, to header: inout [String]) {
        if !header.contains(name) { header.append(name) }
    }
    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [10, 13, UInt8(ascii: ","), UInt8(ascii: "\"")].contains($0) }) else {
            return text
        }
        // By code points: a quote with a combining mark behind it is one character.
        var out = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == "\"" { out.append(scalar) }
            out.append(scalar)
        }
        out.append("\"")
        return String(out)
    }
}
