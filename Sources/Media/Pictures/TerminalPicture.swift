import CChafa
import Base
import struct Foundation.Data
import Glibc

/// Pictures drawn in a terminal, through libchafa; for iTerm2 as PNG, because libchafa's TIFF is read by iTerm2 alone.
public enum TerminalPicture {
    /// How a terminal takes pictures.
    public enum Method: String, CaseIterable, Sendable {
        case kitty, iterm, sixel
        /// Coloured half blocks: two pixels a cell.
        case blocks
    }
    /// How many colours half blocks may use.
    public enum Colors: Sendable { case none, indexed256, full }

    /// The bytes that draw a frame in at most `columns × rows` cells, keeping its shape. They end with a line break.
    ///
    /// - Parameter cell: pixels of one cell, where the terminal tells; pictures of real pixels are as sharp as that.
    public static func draw(
        _ frame: Frame, columns: Int, rows: Int, method: Method, colors: Colors = .full,
        cell: (width: Int, height: Int) = (10, 20)
    ) -> [UInt8] {
        var width = gint(clamping: max(1, min(columns, 1000))), height = gint(clamping: max(1, min(rows, 1000)))
        let ratio = Float(max(1, cell.width)) / Float(max(1, cell.height))
        chafa_calc_canvas_geometry(gint(frame.width), gint(frame.height), &width, &height, ratio, 1, 0)
        if method == .iterm { return inlineImage(frame, columns: Int(width), rows: Int(height), cell: cell) }
        guard let config = chafa_canvas_config_new() else { return [] }
        defer { chafa_canvas_config_unref(config) }
        chafa_canvas_config_set_geometry(config, max(1, width), max(1, height))
        chafa_canvas_config_set_cell_geometry(
            config, gint(clamping: max(1, cell.width)), gint(clamping: max(1, cell.height)))
        let pixelMode =
            switch method {
            case .kitty: CHAFA_PIXEL_MODE_KITTY
            case .sixel: CHAFA_PIXEL_MODE_SIXELS
            case .blocks, .iterm: CHAFA_PIXEL_MODE_SYMBOLS
            }
        chafa_canvas_config_set_pixel_mode(config, pixelMode)
        let canvasMode =
            switch (method, colors) {
            case (.blocks, .none): CHAFA_CANVAS_MODE_FGBG
            case (.blocks, .indexed256): CHAFA_CANVAS_MODE_INDEXED_240
            default: CHAFA_CANVAS_MODE_TRUECOLOR
            }
        chafa_canvas_config_set_canvas_mode(config, canvasMode)
        guard let symbols = chafa_symbol_map_new() else { return [] }
        defer { chafa_symbol_map_unref(symbols) }
        let shapes = colors == .none ? CHAFA_SYMBOL_TAG_BLOCK : CHAFA_SYMBOL_TAG_VHALF
        chafa_symbol_map_add_by_tags(symbols, shapes)
        chafa_symbol_map_add_by_tags(symbols, CHAFA_SYMBOL_TAG_SPACE)
        chafa_canvas_config_set_symbol_map(config, symbols)

        guard let canvas = chafa_canvas_new(config) else { return [] }
        defer { chafa_canvas_unref(canvas) }
        let rgb = frame.channels == 3 ? frame.pixels : frame.pixels.flatMap { [$0, $0, $0] }
        chafa_canvas_draw_all_pixels(
            canvas, CHAFA_PIXEL_RGB8, rgb, gint(frame.width), gint(frame.height), gint(frame.width * 3))
        guard let info = chafa_term_db_get_fallback_info(chafa_term_db_get_default()) else { return [] }
        defer { chafa_term_info_unref(info) }
        guard let text = chafa_canvas_print(canvas, info) else { return [] }
        defer { g_string_free(text, 1) }
        let count = Int(text.pointee.len)
        return text.pointee.str.withMemoryRebound(to: UInt8.self, capacity: count) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        } + [10]
    }
    /// iTerm2's inline image (OSC 1337, iterm2.com/documentation-images.html), no larger than its cells show.
    private static func inlineImage(_ frame: Frame, columns: Int, rows: Int, cell: (width: Int, height: Int)) -> [UInt8]
    {
        let width = min(frame.width, max(1, columns * max(1, cell.width)))
        let height = min(frame.height, max(1, rows * max(1, cell.height)))
        guard let png = try? StillImage.png.encode(frame.resized(width: width, height: height)) else { return [] }
        let head = "\u{1B}]1337;File=inline=1;size=\(png.count);width=\(columns);height=\(rows);preserveAspectRatio=0:"
        return Array((head + Data(png).base64EncodedString() + "\u{7}\n").utf8)
    }
}
