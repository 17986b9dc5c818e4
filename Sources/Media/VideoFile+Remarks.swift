import CMedia

extension VideoFile {
    /// Decodes an image and says what readers of it do not honour, a sentence each; empty for a video.
    ///
    /// Throws `MediaError` for an image that is cut off or damaged.
    public func imageRemarks() throws -> [String] {
        guard isImage else { return [] }
        let decoder = try VideoDecoder(path)
        guard let picture = try decoder.next(), let block = FrameConverter.profileBlock(of: picture),
            ColorProfile(block) == nil
        else { return [] }
        let space = ColorProfile.space(of: block)
        let kind = space.isEmpty || space == "RGB" ? "damaged colour profile" : "\(space) colour profile"
        return ["its \(kind) is not applied; save it as an sRGB image for true colours"]
    }
}
