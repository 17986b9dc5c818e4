import Glibc

/// Image file formats that are read as one picture, told by their first bytes and not by the file's name.
enum ImageKind: Sendable {
    case jpeg, png, webp, bmp, tiff

    /// The kind of the file, `nil` for anything else (GIF counts as video: it may move).
    init?(firstBytes bytes: [UInt8]) {
        func has(_ magic: [UInt8], at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: magic) }
        if has([0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if has(Array("RIFF".utf8)), has(Array("WEBP".utf8), at: 8) {
            self = .webp
        } else if has(Array("BM".utf8)), bytes.count > 14, bytes[6..<10].allSatisfy({ $0 == 0 }) {
            self = .bmp
        } else if has([0x49, 0x49, 0x2A, 0]) || has([0x4D, 0x4D, 0, 0x2A]) {
            self = .tiff
        } else {
            return nil
        }
    }

    /// libavformat's name for files that hold one picture of the kind.
    var demuxer: String {
        switch self {
        case .jpeg: "jpeg_pipe"
        case .png: "png_pipe"
        case .webp: "webp_pipe"
        case .bmp: "bmp_pipe"
        case .tiff: "tiff_pipe"
        }
    }
}
