import Base
import LuaKit
import Workbench

/// A clip is a card.
extension Clip: Displayable {
    package var oneLine: String {
        let caption = caption.map { ": " + SafeText.cell($0) } ?? " (no caption)"
        return SafeText.line(name) + caption
    }
    package func lines(_ context: DisplayContext) -> [String] {
        var card = Card(name)
        if let file = knownMedia {
            let size = "\(file.width)x\(file.height)"
            if isImage {
                card.add("image", "\(size), \(file.codec)")
            } else {
                let duration = DurationText.text(of: file) ?? ""
                let length = "\(duration), \(file.frames) frames at \(TerminalPlot.position(file.fps)) fps"
                card.add("video", "\(size), \(length), \(file.codec)")
            }
        }
        card.add("look", knownMeasures?.summary)
        let place = NearPaths.text(path)
        card.add("file", bytes.map { "\(place) (\(ByteCount($0)))" } ?? "\(place) (missing)")
        card.add("caption", caption ?? "(none)")
        card.add("reference", reference)
        let flags = flags.filter { $0 != "no caption" }
        card.add("flags", flags.isEmpty ? nil : flags.joined(separator: ", "))
        return card.lines(context)
    }

    /// Draws the picture at a time, the middle one, or several spread over the clip. Throws as `Pictures.show` does.
    func show(at time: VideoTime?, frames: Int) throws {
        if time == nil, frames > 1 { return try Pictures.show(strip: media(), frames) }
        try Pictures.show(try picture(at: time))
    }
}
