import Base
import Media

/// Pictures and plots on the terminal or into files.
enum Pictures {
    /// Draws a frame below the cursor, in at most two thirds of the screen. Throws a `PromptFailure` where no picture can be
    /// shown, with the way out.
    static func show(_ frame: Frame, on console: Console = .shared) throws {
        let terminal = console.terminal
        let found = PictureProtocol.decide(terminal) { TerminalProbe.answer() }
        guard let method = method(found) else { throw PictureError() }
        let size = terminal.size
        let bytes = TerminalPicture.draw(
            frame, columns: size.columns - 1, rows: max(4, size.rows * 2 / 3), method: method,
            colors: terminal.style.depth == .full ? .full : terminal.style.depth == .none ? .none : .indexed256,
            cell: (size.cellWidth, size.cellHeight))
        console.freshLine()
        console.write(String(decoding: bytes, as: UTF8.self))
        console.freshLine()
    }

    /// Draws pictures spread over a video side by side. Throws `MediaError`, or as `show` does.
    static func show(strip file: VideoFile, _ count: Int, on console: Console = .shared) throws {
        try show(Picture(strip: file.stills(count, width: 1024, height: 512)).frame, on: console)
    }

    /// Draws four pictures of a file that was just made. Where that does not work a message says why: the file is there.
    static func preview(_ path: String, on console: Console = .shared) {
        do { try show(strip: VideoFile(path), 4, on: console) } catch {
            console.message("'\(path)' has no preview: \(error)")
        }
    }

    /// Shows a plot in the terminal, or writes it as a picture (.png or .jpg) when there is a path, and returns where it is.
    static func show(_ plot: LinePlot, path: String? = nil, on console: Console = .shared) throws -> String? {
        if let path { return try plot.draw().frame.save(to: path) }
        let context = DisplayContext(console.terminal)
        console.show(TerminalPlot(plot).lines(context, height: min(16, max(5, context.height / 2))))
        return nil
    }

    private static func method(_ found: PictureProtocol) -> TerminalPicture.Method? {
        switch found {
        case .kitty: .kitty
        case .iterm: .iterm
        case .sixel: .sixel
        case .blocks: .blocks
        case .none: nil
        }
    }
}

/// There is no terminal that could show a picture.
struct PictureError: UserError {
    var kind: String { "terminal.pictures" }
    var description: String {
        "no picture can be shown here (no terminal, no colours, or LTXSH_IMAGES=off); give a path to write it as a file"
    }
}
