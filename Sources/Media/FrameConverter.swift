import CMedia

/// Turns decoded pictures into `Frame`s: range, matrix, depth, HDR, scale, orientation, colour profile. One thread at
/// a time.
final class FrameConverter {
    /// How the samples between pixels are found when the size changes.
    enum Scaling: Sendable { case area, bicubic, bilinear, lanczos }

    private let converter: OpaquePointer?
    private let orientation: Int
    private let path: String
    private var known: (block: [UInt8], profile: ColorProfile?)?

    init(path: String, orientation: Int) {
        (self.path, self.orientation, converter) = (path, orientation, cm_converter_new())
    }
    deinit { cm_converter_free(converter) }

    /// The picture as a `Frame`, upright, of the asked size. Throws `MediaError`.
    func frame(
        _ picture: UnsafeMutablePointer<AVFrame>, width: Int, height: Int, scaling: Scaling = .area, grey: Bool = false
    ) throws -> Frame {
        let channels = grey ? 1 : 3
        let flags: Int32 =
            switch scaling {
            case .area: SWS_AREA
            case .bicubic: SWS_BICUBIC
            case .bilinear: SWS_BILINEAR
            case .lanczos: SWS_LANCZOS
            }
        let (storedWidth, storedHeight) = orientation >= 5 ? (height, width) : (width, height)
        let (across, down) = (Int(picture.pointee.width), Int(picture.pointee.height))
        // Without a change of size SWS_BICUBIC means swscale's own fast conversion, as in decord and OpenCV. Pixels that are
        // stretched to squares are to be as sharp as they were.
        let enlarged = storedWidth >= across && storedHeight >= down
        var code: Int32 = 0
        var pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
            code = cm_convert(
                converter, picture, Int32(orientation), Int32(width), Int32(height), enlarged ? SWS_BICUBIC : flags,
                Int32(cm_sdr), Int32(channels), buffer.baseAddress)
            count = width * height * channels
        }
        guard code == 0 else {
            let reason = "its pictures cannot be converted to RGB (\(MediaInput.reason(code)))"
            throw MediaError.unreadable(path: path, reason: reason)
        }
        if !grey, let profile = profile(of: picture), !profile.apply(to: &pixels) {
            throw MediaError.unsupported(path: path, what: "no memory to convert its colours")
        }
        return Frame(width: width, height: height, channels: channels, pixels: pixels)
    }

    /// The conversion of the picture's embedded colour profile to sRGB, read once.
    private func profile(of picture: UnsafeMutablePointer<AVFrame>) -> ColorProfile? {
        guard let block = Self.profileBlock(of: picture) else { return nil }
        if let known, known.block == block { return known.profile }
        let profile = ColorProfile(block)
        known = (block, profile)
        return profile
    }
    /// The bytes of the picture's embedded colour profile.
    static func profileBlock(of picture: UnsafeMutablePointer<AVFrame>) -> [UInt8]? {
        guard let side = av_frame_get_side_data(picture, AV_FRAME_DATA_ICC_PROFILE) else { return nil }
        return Array(UnsafeBufferPointer(start: side.pointee.data, count: side.pointee.size))
    }
}
