import Base
import Workbench

/// A dataset is a table of its clips.
extension Dataset: Displayable {
    /// `APT: 12 clips, 10 captioned`.
    package var oneLine: String { SafeText.line(description) }

    /// The table. Clips beyond `longest` are counted: probing the media of thousands of them takes time that no one asked for.
    package func lines(_ context: DisplayContext) -> [String] {
        // Looks at the disk, so that all of the table is of one look.
        let heading = oneLine
        let all = clips, labels = labels, outdated = outdated
        // What nobody has measured takes no room.
        let isMeasured = all.prefix(Self.longest).contains { $0.knownMeasures != nil }
        var table = TextTable(Self.columns(isMeasured: isMeasured))
        for (index, clip) in all.prefix(Self.longest).enumerated() {
            let file = clip.knownMedia, measures = clip.knownMeasures
            var row = [
                "\(index + 1)", labels[clip.mediaPath] ?? clip.name,
                file.flatMap { DurationText.text(of: $0) } ?? "",
                file.map { "\($0.width)x\($0.height)" } ?? "", file.map { "\($0.frames)" } ?? "",
                file.map { clip.isImage ? "" : TerminalPlot.position($0.fps) } ?? "",
            ]
            if isMeasured {
                row.append(measures.map { NumberText.significant($0.motion, 3) } ?? "")
                row.append(measures.map { NumberText.significant($0.sharpness, 3) } ?? "")
            }
            row.append(clip.caption ?? "")
            row.append(clip.flags(isOutdated: outdated.contains(index + 1)).joined(separator: ", "))
            table.append(row)
        }
        let trigger = trigger.map { "  trigger " + SafeText.line($0) } ?? "", width = context.textWidth
        let place = SafeText.line(NearPaths.text(path))
        // The path's end says most, and a row of its own says more of it.
        let isOneRow = TextWidth.of(heading) + TextWidth.of(place) + TextWidth.of(trigger) + 2 <= width
        let path = TextFitting.truncateMiddle(place, to: max(10, width - TextWidth.of(trigger) - 2))
        let rows = isOneRow ? [(heading, "  " + place + trigger)] : [(heading, ""), ("", "  " + path + trigger)]
        var out = rows.map {
            TextFitting.truncate(
                ($0.0.isEmpty ? "" : context.style(.heading, $0.0)) + ($0.1.isEmpty ? "" : context.style(.quiet, $0.1)),
                to: width)
        }
        if let obstacle {
            let text = SafeText.line(NearPaths.text("\(obstacle)"))
            out += TextFitting.wrap(text, to: width).map { context.style(.warning, $0) }
        }
        if !all.isEmpty { out += table.lines(width: context.textWidth, style: context.style) }
        if all.count > Self.longest {
            out.append(
                context.style(.quiet, "… \(all.count - Self.longest) more: ds:slice(\(Self.longest + 1), \(all.count))")
            )
        }
        return out
    }
    private static var longest: Int { 200 }
    private static func columns(isMeasured: Bool) -> [TextTable.Column] {
        let facts: [TextTable.Column] = [
            .init("#", .right, rank: 9, style: .quiet),
            .init("name", least: 10, rank: 8, cutsMiddle: true, style: .name),
            .init("length", .right, rank: 6, collapses: true), .init("size", .right, rank: 5, collapses: true),
            .init("frames", .right, rank: 3, collapses: true), .init("fps", .right, rank: 2, collapses: true),
        ]
        let look: [TextTable.Column] = [
            .init("motion", .right, rank: 1, collapses: true), .init("sharp", .right, rank: 0, collapses: true),
        ]
        return facts + (isMeasured ? look : []) + [
            .init("caption", least: 16, rank: 7, style: .string, collapses: true),
            .init("flags", least: 8, rank: 4, style: .warning, collapses: true),
        ]
    }
}
