import CMedia

/// What the FFmpeg underneath can read and write.
public enum Codecs {
    /// Codecs that videos come in, by FFmpeg's names.
    public static let common = ["h264", "hevc", "vp9", "av1", "prores", "mpeg4", "mjpeg", "png", "webp"]

    /// True when a codec of that name can be decoded.
    public static func canDecode(_ name: String) -> Bool {
        guard let descriptor = avcodec_descriptor_get_by_name(name) else { return false }
        return avcodec_find_decoder(descriptor.pointee.id) != nil
    }
    /// True when there is an encoder of that name, such as `"libx264"`.
    public static func canEncode(_ name: String) -> Bool { avcodec_find_encoder_by_name(name) != nil }
}
