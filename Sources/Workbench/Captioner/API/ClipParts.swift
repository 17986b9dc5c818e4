import Base
import Foundation
import Media

/// A clip in the form in which servers take it.
struct ClipParts: Sendable {
    /// Parts of a message.
    var parts: [JSON]
    /// How it is sent after all: an image is an image whatever was asked for.
    var sending: Sending
    /// How many pictures the parts hold.
    var pictures: Int
    /// Tokens that they may become, as services count pictures of this size.
    var tokens: Int

    /// Bytes of a file that may be sent within a request, and that may be uploaded.
    static let largestInline = 20 << 20, largestUpload = 100_000_000

    /// Frames as JPEGs of `size` pixels at most on their longest side.
    static func frames(of file: VideoFile, count: Int, size: Int) throws -> ClipParts {
        let frames = try file.stills(count, width: size, height: size)
        let parts = try frames.map { try picture($0) }
        return ClipParts(
            parts: parts, sending: .frames, pictures: frames.count, tokens: frames.map(tokens).reduce(0, +))
    }
    /// The same frames on one picture, each with its time under it.
    static func grid(of file: VideoFile, count: Int, size: Int) throws -> ClipParts {
        let frames = try file.stills(count, width: size, height: size)
        let columns = max(1, Int(Double(frames.count).squareRoot().rounded(.up)))
        let cells = frames.enumerated().map { place, frame in
            let time = file.duration * (Double(place) + 0.5) / Double(frames.count)
            return ContactSheet.Cell([frame], labels: [String(format: "%.1f s", time)])
        }
        let width = max(64, size / columns)
        let height = max(36, width * file.height / max(1, file.width))
        let sheet = ContactSheet.draw(cells, columns: columns, width: width, height: height).frame
        return ClipParts(parts: [try picture(sheet)], sending: .grid, pictures: 1, tokens: tokens(sheet))
    }
    /// The file's bytes.
    static func clip(_ bytes: [UInt8], path: String) -> ClipParts {
        let type = Path.fileExtension(path) == "webm" ? "webm" : Path.fileExtension(path) == "mov" ? "quicktime" : "mp4"
        return clip(address: "data:video/\(type);base64,\(Data(bytes).base64EncodedString())")
    }
    /// A file that the server can get at an address.
    static func clip(address: String) -> ClipParts {
        ClipParts(
            parts: [["type": "video_url", "video_url": ["url": .string(address)]]], sending: .clip, pictures: 1,
            tokens: 0)
    }

    private static func picture(_ frame: Frame) throws -> JSON {
        // Always JPEG inside of the request: some servers refuse WebP, some any address.
        let bytes = try StillImage.jpeg.encode(frame, quality: 85)
        let address = "data:image/jpeg;base64,\(Data(bytes).base64EncodedString())"
        return ["type": "image_url", "image_url": ["url": .string(address)]]
    }
    /// Tiles of 14 pixels.
    private static func tokens(_ frame: Frame) -> Int { ((frame.width + 13) / 14) * ((frame.height + 13) / 14) }
}
