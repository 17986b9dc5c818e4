import CMedia
import Base

/// Copies one scene without re-encoding: from the last key frame at or before its start to the last one at or before its
/// end, so that neighbouring clips meet and nothing is lost. A scene that begins and ends after one key frame goes with the
/// next one. One thread at a time.
final class ClipCopier {
    /// Nothing of the scene could be copied.
    struct NothingToCopy: Error {}

    private let file: VideoFile
    /// Timestamps of the key frames, rising.
    private let keys: [Int64]

    /// Lists the key frames, which reads the file once. Throws `MediaError`.
    init(_ file: VideoFile) throws {
        self.file = file
        let input = try MediaInput(file.path)
        let stream = try input.videoStream()
        input.readOnly(stream)
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        var keys: [Int64] = []
        while let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            if Self.isKey(packet), let stamp = Self.stamp(packet) { keys.append(stamp) }
        }
        self.keys = keys.sorted()
        guard !keys.isEmpty else {
            throw MediaError.unsupported(path: file.path, what: "its key frames carry no times; split without 'copy'")
        }
    }
    private static func isKey(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
        packet.pointee.flags & AV_PKT_FLAG_KEY != 0
    }
    private static func stamp(_ packet: UnsafeMutablePointer<AVPacket>) -> Int64? {
        let stamp = packet.pointee.pts == cm_no_timestamp() ? packet.pointee.dts : packet.pointee.pts
        return stamp == cm_no_timestamp() ? nil : stamp
    }

    /// What is copied for a scene.
    struct Part: Equatable {
        /// Timestamps of key frames: the first one, and the one that comes after the part; `.max` for the end of the file.
        let from: Int64, to: Int64
    }
    /// The part of a scene; `nil` when no key frame parts it from the next one, which begins where it ends.
    func part(_ scene: Scene, before next: Scene?) -> Part? {
        let from = keys.last { $0 <= scene.startTimestamp } ?? keys[0]
        guard let next, next.startTimestamp == scene.endTimestamp else {
            // Nobody else takes its last pictures.
            return Part(from: from, to: keys.first { $0 >= scene.endTimestamp } ?? .max)
        }
        let to = keys.last { $0 <= scene.endTimestamp } ?? keys[0]
        return to > from ? Part(from: from, to: to) : nil
    }

    /// The file at a place before a key frame and before the sound that goes with it.
    private func input(before key: Int64) throws -> MediaInput {
        let input = try MediaInput(file.path), video = try input.videoStream()
        let base = Rational(video.pointee.time_base).value
        var packet = av_packet_alloc(), back = 1.0, hasMoved = false
        defer { av_packet_free(&packet) }
        // Where the container has no index a seek goes to any packet near the time: only what comes tells.
        func comes(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
            while av_read_frame(input.context, packet) >= 0 {
                defer { av_packet_unref(packet) }
                let isPicture = packet.pointee.stream_index == video.pointee.index
                guard isPicture, let stamp = Self.stamp(packet) else { continue }
                if Self.isKey(packet), stamp >= key { return stamp == key }
                if packet.pointee.dts != cm_no_timestamp(), packet.pointee.dts > key { return false }
            }
            return false
        }
        let first = video.pointee.start_time == cm_no_timestamp() ? 0 : Double(video.pointee.start_time) * base
        while let packet, base > 0, Double(key) * base - back > first, back / base < 4e18 {
            hasMoved = true
            func jump() -> Bool {
                let time = key - Int64(back / base)
                return av_seek_frame(input.context, video.pointee.index, time, AVSEEK_FLAG_BACKWARD) >= 0
            }
            if jump(), comes(packet), jump() { return input }
            back *= 4
        }
        return hasMoved ? try MediaInput(file.path) : input
    }

    /// Writes the clip and returns how many pictures it has. Throws `NothingToCopy`, `MediaError` or `FileError`.
    func write(_ part: Part, naming path: String, at temporary: String, _ monitor: Monitor?) throws -> Int {
        let (from, to) = (part.from, part.to)
        let input = try input(before: from)
        let video = try input.videoStream()
        let sound = input.stream(AVMEDIA_TYPE_AUDIO)
        let output = try MediaOutput(naming: path, at: temporary, format: "mp4")
        var targets = [video.pointee.index: try output.addCopy(of: video)]
        if let sound { targets[sound.pointee.index] = try output.addCopy(of: sound) }
        do { try output.begin("movflags=+faststart") } catch MediaError.unwritable(_, let reason) {
            let what = "it cannot be copied into an mp4 (\(reason)); without copy=true it is encoded"
            throw MediaError.unsupported(path: file.path, what: what)
        }

        let base = Rational(video.pointee.time_base).value
        let (start, end) = (Double(from) * base, to == .max ? Double.infinity : Double(to) * base)
        var packet = av_packet_alloc(), count = 0, hasStarted = false, isOver = false, isSoundOver = sound == nil
        defer { av_packet_free(&packet) }
        while !isOver || !isSoundOver, let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            try monitor?.checkpoint()
            let index = packet.pointee.stream_index
            guard let target = targets[index], let source = cm_stream(input.context, index),
                let stamp = Self.stamp(packet)
            else { continue }
            let time = Double(stamp) * Rational(source.pointee.time_base).value
            if index == video.pointee.index {
                if Self.isKey(packet) {
                    if stamp >= from { hasStarted = true }
                    if stamp >= to { isOver = true }
                }
                // Sound may lie behind the pictures it goes with, but not as far as that.
                if isOver, time > end + Self.mostSoundLag { break }
                // Pictures that lead a key frame need the ones before it.
                guard hasStarted, !isOver, stamp >= from else { continue }
                count += 1
            } else {
                if time >= end { isSoundOver = true }
                guard time >= start - 0.01, time < end else { continue }
            }
            let offset = av_rescale_q(from, video.pointee.time_base, source.pointee.time_base)
            if packet.pointee.pts != cm_no_timestamp() { packet.pointee.pts -= offset }
            if packet.pointee.dts != cm_no_timestamp() { packet.pointee.dts -= offset }
            packet.pointee.stream_index = target
            try output.write(packet, from: source.pointee.time_base)
        }
        guard count > 0 else { throw NothingToCopy() }
        try output.finish()
        return count
    }
    private static let mostSoundLag = 5.0
}
