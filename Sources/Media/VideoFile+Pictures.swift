import Base
import CMedia

// MARK: Reading

extension VideoFile {
    /// Makes sure that a video has a picture that decodes, which a header does not promise.
    ///
    /// Throws `MediaError` when it has none, or is encrypted.
    public func requirePicture() throws {
        if isImage { return }
        if isEncrypted { throw MediaError.encrypted(path: path) }
        _ = try VideoDecoder(path, threads: 1).next()
    }

    /// Decodes the whole file and counts the pictures that come out.
    ///
    /// Throws `MediaError` when none does, `Cancelled` when the monitor stops it.
    public func countFrames(_ monitor: Monitor? = nil) throws -> FrameCount { try readToEnd(monitor).frames }

    /// Decodes the whole file: the pictures that come out, and how many parts of it did not decode and were stepped over.
    ///
    /// Throws `MediaError` when no picture does, `Cancelled` when the monitor stops it.
    public func readToEnd(_ monitor: Monitor? = nil) throws -> (frames: FrameCount, damage: Int) {
        if isImage { return (frames, 0) }
        let decoder = try VideoDecoder(path)
        var count = 0
        while try decoder.next() != nil {
            count += 1
            try monitor?.checkpoint()
            if count % 32 == 0 {
                monitor?.report(Progress("counting", count, of: frames.value > 0 ? frames.value : nil, "frames"))
            }
        }
        return (FrameCount(count, isExact: true), decoder.damage)
    }

    /// Reads all packets, without decoding: whether none of the streams lasts as long as the header says, as in a file that
    /// was cut off. Throws `MediaError`.
    public func endsEarly() throws -> Bool {
        let input = try MediaInput(path), whole = input.context.pointee.duration
        guard whole != cm_no_timestamp(), whole > 0 else { return false }
        let start = input.context.pointee.start_time
        let first = start == cm_no_timestamp() ? 0 : Double(start) / Double(AV_TIME_BASE)
        var packet = av_packet_alloc(), end = first
        defer { av_packet_free(&packet) }
        while let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            guard let stream = cm_stream(input.context, packet.pointee.stream_index) else { continue }
            let stamp = packet.pointee.pts == cm_no_timestamp() ? packet.pointee.dts : packet.pointee.pts
            guard stamp != cm_no_timestamp() else { continue }
            let ticks = Double(stamp) + Double(max(0, packet.pointee.duration))
            end = max(end, ticks * Rational(stream.pointee.time_base).value)
        }
        return end - first < 0.96 * Double(whole) / Double(AV_TIME_BASE)
    }

    /// The picture shown at `seconds` (the last one that starts at or before it), at source size or scaled to fit
    /// `width × height`. Past the end: the last picture. Throws `MediaError`.
    public func frame(at seconds: Double = 0, width: Int? = nil, height: Int? = nil) throws -> Frame {
        var options = FrameReader.Options()
        (options.start, options.width, options.height, options.threads) = (max(0, seconds), width, height, 1)
        if let frame = try FrameReader(self, options).next() { return frame }
        guard seconds > 0 else { throw MediaError.unreadable(path: path, reason: "it has no pictures") }
        // Beyond the last picture: the last one, looked for from ever further back.
        var back = 1.0
        while true {
            options.start = max(0, min(seconds, duration) - back)
            var last: Frame?
            let reader = try FrameReader(self, options)
            while let frame = try reader.next() { last = frame }
            if let last { return last }
            guard options.start > 0 else { throw MediaError.unreadable(path: path, reason: "it has no pictures") }
            back *= 4
        }
    }

    /// The picture at a time, or of a number, counted from 0 in the order in which they are shown.
    ///
    /// Numbers are counted, not turned into times: containers round those, and they need not be evenly spaced. Throws
    /// `MediaError`, `.option` for a number that the file does not have.
    public func frame(at place: VideoTime, width: Int? = nil, height: Int? = nil) throws -> Frame {
        guard case .frames(let number) = place else {
            return try frame(at: place.seconds(fps: fps), width: width, height: height)
        }
        var options = FrameReader.Options()
        (options.skip, options.count, options.width, options.height) = (number, 1, width, height)
        // Starting threads takes longer than a few pictures do.
        options.threads = number < 48 ? 1 : 0
        if let frame = try FrameReader(self, options).next() { return frame }
        let count = try countFrames().value
        let allowed = "at most \"\(max(0, count - 1))f\": '\(path)' has \(counted(count, "frame"))"
        throw MediaError.option(name: "t", value: "\"\(place)\"", allowed: allowed)
    }

    /// `count` pictures evenly spread over the file (one of an image), each fitted into a box of pixels without being
    /// enlarged. Throws `MediaError`.
    public func stills(_ count: Int, width: Int, height: Int) throws -> [Frame] {
        let scale = min(1, Double(width) / Double(self.width), Double(height) / Double(self.height))
        let size = (max(1, Int(Double(self.width) * scale)), max(1, Int(Double(self.height) * scale)))
        return try (0..<(isImage ? 1 : max(1, count))).map { place in
            let time = duration * (Double(place) + 0.5) / Double(max(1, count))
            return try frame(at: time, width: size.0, height: size.1)
        }
    }

    /// The first `count` pictures (fewer when the video is shorter), as `FrameReader` gives them.
    public func frames(first count: Int, width: Int? = nil, height: Int? = nil) throws -> [Frame] {
        var options = FrameReader.Options()
        (options.width, options.height, options.count) = (width, height, count)
        let reader = try FrameReader(self, options)
        var frames: [Frame] = []
        while frames.count < count, let frame = try reader.next() { frames.append(frame) }
        return frames
    }
}

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
