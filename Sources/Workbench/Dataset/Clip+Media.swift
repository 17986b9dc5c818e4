import Base
import Media

// MARK: What its file is

extension Clip {
    /// The media file's facts, read from its headers on first use and remembered.
    ///
    /// Throws `MediaError` for a file that cannot be read, `FileError.missing`, `DatasetError.outside`.
    public func media() throws -> VideoFile {
        guard isInside else { throw DatasetError.outside(mediaPath, folder: store.location.folder) }
        return try store.media.file(path)
    }
    /// The facts of a media file of which a picture decodes. Throws as `media()`.
    func readableMedia() throws -> VideoFile {
        _ = try media()
        return try store.media.readable(path)
    }
    /// The media file's facts, `nil` where they cannot be read.
    public var knownMedia: VideoFile? { try? media() }

    /// The picture at a time in seconds, upright, 8-bit RGB. Throws as `media()`, and `MediaError` when it is damaged.
    public func frame(at seconds: Double = 0, width: Int? = nil, height: Int? = nil) throws -> Frame {
        try media().frame(at: seconds, width: width, height: height)
    }
    /// The picture at a time or of a number, or the middle one, at most 1280 pixels wide: what a terminal can show.
    public func picture(at place: VideoTime?) throws -> Frame {
        guard let place else { return try thumbnail(width: 1280) }
        let file = try media(), width = min(1280, file.width)
        return try file.frame(at: place, width: width, height: max(1, file.height * width / max(1, file.width)))
    }
    /// The picture in the middle, `width` pixels wide: what stands for the clip.
    public func thumbnail(width: Int = 320) throws -> Frame {
        let file = try media(), width = min(width, file.width)
        let height = max(1, file.height * width / max(1, file.width))
        return try file.frame(at: file.duration / 2, width: width, height: height)
    }
    /// What is worth a flag in a table, in one word each: `outdated` (something else was preprocessed of it than there is
    /// now), `missing`, `unreadable`, `encrypted`, `no caption`, `unreadable caption`, `excluded`, `vfr`, `rotated`, `hdr`,
    /// `interlaced`; and of a clip that was measured `bars` (black ones) and `still` (for half of its time at least).
    public var flags: [String] { flags(isOutdated: isOutdated) }
    /// The same, for whoever knows already whether it is `outdated`.
    public func flags(isOutdated: Bool) -> [String] {
        var flags = isOutdated ? ["outdated"] : []
        if bytes == nil { flags.append("missing") }
        if !isCaptioned { flags.append(captionProblem == nil ? "no caption" : "unreadable caption") }
        if isExcluded { flags.append("excluded") }
        guard bytes != nil else { return flags }
        let file: VideoFile
        do { file = try media() } catch MediaError.encrypted { return flags + ["encrypted"] } catch {
            return flags + ["unreadable"]
        }
        if file.isEncrypted { flags.append("encrypted") }
        if file.isVariableRate { flags.append("vfr") }
        if file.rotation != 0 { flags.append("rotated") }
        if file.isHDR { flags.append("hdr") }
        if file.isInterlaced { flags.append("interlaced") }
        if let measures = knownMeasures {
            if measures.picture != nil { flags.append("bars") }
            if !file.isImage, measures.still * 2 >= file.duration { flags.append("still") }
        }
        return flags
    }
}
