import LuaKit
import Media

/// One picture in Lua's hands: what `ds:references` gives a function, and `clip:thumbnail` returns.
package final class PictureFrame: LuaObject, Sendable {
    package static let luaName = "Frame"
    let frame: Frame

    init(_ frame: Frame) { self.frame = frame }

    package static var luaClass: LuaClass<PictureFrame> {
        LuaClass("One picture: RGB or grey, 8 bits a sample.") {
            $0.property("width", "Pixels.") { $0.frame.width }
            $0.property("height", "Pixels.") { $0.frame.height }
            $0.property("channels", "3 for RGB, 1 for grey.") { $0.frame.channels }
            $0.property("time", "Seconds from the start of its video.") { $0.frame.time }
            $0.property("pixels", "Its bytes row by row: a string of width * height * channels.", returns: "string") {
                LuaBytes($0.frame.pixels)
            }
            $0.method("grey", "The picture without colour.") { PictureFrame($0.frame.grey) }
            $0.method(
                "edges", "White edges on black (Canny).",
                .integer("low", "edges weaker than this are left out", default: 100, min: 0, max: 1000).named,
                .integer("high", "edges stronger than this start a line", default: 200, min: 0, max: 1000).named
            ) { PictureFrame($0.frame.edges(low: $1, high: $2)) }
            $0.method(
                "resized", "The picture at another size.", .integer("width", "pixels", min: 1, max: 16_384),
                .integer("height", "pixels", min: 1, max: 16_384)
            ) { PictureFrame($0.frame.resized(width: $1, height: $2)) }
            $0.method(
                "with", "A picture of the same size with other bytes.",
                Arg("pixels", .bytes, "width * height * channels bytes")
            ) { try $0.with($1) }
            $0.method("save", "Writes it as .png or .jpg; returns its path.", .path("path", "the file")) {
                try $0.frame.save(to: $1)
            }
            $0.method("show", "Draws it in the terminal.", example: "ds[1]:thumbnail():show()") {
                try Pictures.show($0.frame)
            }
            $0.description { $0.oneLine }
            $0.bytes { $0.frame.pixels.count }
        }
    }

    private func with(_ pixels: [UInt8]) throws -> PictureFrame {
        guard pixels.count == frame.pixels.count else {
            throw LuaArgumentError(
                argument: "pixels", message: "'pixels' must be \(frame.pixels.count) bytes, got \(pixels.count)")
        }
        var copy = frame
        copy.pixels = pixels
        return PictureFrame(copy)
    }
}

extension PictureFrame: Displayable {
    package var oneLine: String { "picture of \(frame.width)x\(frame.height)" }
}
