import CMedia

/// An embedded ICC profile of RGB or grey pictures, as a conversion to sRGB by littleCMS: perceptual intent, as Pillow's
/// `profileToProfile`, which the reference trainer calls. One thread at a time.
final class ColorProfile {
    private let profile: OpaquePointer

    /// `nil` when the block is malformed or describes another kind of colour, such as CMYK.
    init?(_ block: [UInt8]) {
        guard let profile = cm_profile_new(block, block.count) else { return nil }
        self.profile = profile
    }
    deinit { cm_profile_free(profile) }

    /// Converts packed 8-bit RGB in place. False when there is no memory for it.
    func apply(to pixels: inout [UInt8]) -> Bool {
        pixels.withUnsafeMutableBufferPointer { cm_profile_apply(profile, $0.baseAddress, $0.count / 3) == 0 }
    }

    /// The kind of colour that a profile says it is for: `"RGB"`, `"GRAY"`, `"CMYK"`; empty for what is no profile.
    static func space(of block: [UInt8]) -> String {
        guard block.count >= 128, block[36..<40].elementsEqual("acsp".utf8) else { return "" }
        return String(decoding: block[16..<20].filter { $0 > 32 && $0 < 127 }, as: UTF8.self)
    }
}
