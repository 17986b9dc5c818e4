import Base
import Media

/// What every browser plays, as MDN's guide to media formats has it: h264, VP8, VP9 and AV1 of 8 bits with halved colour, in
/// mp4, mov or webm, in standard range and not in fields.
enum BrowserFormat {
    static func plays(_ file: VideoFile) -> Bool {
        let isPlain =
            ["yuv420p", "yuvj420p"].contains(file.pixelFormat) && !file.isHDR && !file.isEncrypted
            && !file.isInterlaced
        guard isPlain else { return false }
        if file.container.contains("mp4") { return ["h264", "vp9", "av1"].contains(file.codec) }
        // FFmpeg has one name for webm and the Matroska that it is a part of.
        return file.container.contains("webm") && Path.fileExtension(file.path) == "webm"
            && ["vp8", "vp9", "av1"].contains(file.codec)
    }
    /// What such a file is, for a sentence: `"10-bit h264 (yuv420p10le)"`.
    static func name(of file: VideoFile) -> String {
        let range = (file.isHDR ? "HDR " : "") + (file.isInterlaced ? "interlaced " : ""),
            depth = file.bitDepth > 8 ? "\(file.bitDepth)-bit " : ""
        let format = Path.fileExtension(file.path)
        return "\(range)\(depth)\(file.codec) (\(file.pixelFormat)\(format.isEmpty ? "" : ", .\(format)"))"
    }
}
