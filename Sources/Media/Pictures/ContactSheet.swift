/// Many pictures on one, in a grid with a label under each.
public enum ContactSheet {
    /// One place of the grid.
    public struct Cell: Sendable {
        /// What is shown, side by side where there are several.
        public let frames: [Frame]
        /// Lines under it, cut to the cell's width.
        public let labels: [String]
        /// A cell of one clip.
        public init(_ frames: [Frame], labels: [String]) { (self.frames, self.labels) = (frames, labels) }
    }

    /// Draws the grid. Frames are scaled to fit `width × height` each.
    public static func draw(_ cells: [Cell], columns: Int = 5, width: Int = 240, height: Int = 160) -> Picture {
        let columns = max(1, min(columns, max(1, cells.count))), rows = max(1, (cells.count + columns - 1) / columns)
        let most = cells.map(\.frames.count).max() ?? 1, lines = cells.map(\.labels.count).max() ?? 0
        let gap = 8, line = Picture.size(of: "Ág").height + 1
        let cellWidth = max(1, most) * width + gap, cellHeight = height + lines * line + gap
        var sheet = Picture(width: columns * cellWidth + gap, height: rows * cellHeight + gap, Picture.Color(0x202020))
        for (place, cell) in cells.enumerated() {
            let left = gap + place % columns * cellWidth, top = gap + place / columns * cellHeight
            for (number, frame) in cell.frames.enumerated() {
                let small = frame.fitted(width: width - 2, height: height)
                let x = left + number * width + (width - small.width) / 2
                sheet.draw(Picture(small), x: x, y: top + (height - small.height) / 2)
            }
            for (number, label) in cell.labels.enumerated() {
                let y = top + height + 4 + number * line
                sheet.text(
                    label, x: left, y: y, isBold: number == 0, room: cellWidth - gap,
                    number == 0 ? .white : Picture.Color(0xB0B0B0))
            }
        }
        return sheet
    }
}
