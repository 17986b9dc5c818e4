import CMedia
import Foundations

/// Copies one scene without re-encoding: from the last key frame at or before its start to the last one at or before its
/// end, so that neighbouring clips meet and nothing is lost. One thread at a time.
final class ClipCopier {
    private let file: VideoFile
    /// Timestamps of the key frames, rising.
    private let keys: [Int64]

    /// Lists the key frames, which reads the file once. Throws `MediaError`.
    init(_ file: VideoFile) throws {
        self.file = file
        let input = try MediaInput(file.path)
        let stream = try input.videoStream()
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        var keys: [Int64] = []
        while let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            let stamp = packet.pointee.pts == cm_no_timestamp() ? packet.pointee.dts : packet.pointee.pts
            if packet.pointee.flags & AV_PKT_FLAG_KEY != 0, stamp != cm_no_timestamp() { keys.append(stamp) }
        }
        self.keys = keys.sorted()
        guard !keys.isEmpty else {
            throw MediaError.unsupported(path: file.path, what: "its key frames carry no times; split without 'copy'")
        }
    }

    /// The key frames between which the scene is copied, `nil` when they are the same one.
    func bounds(_ scene: Scene) -> (from: Int64, to: Int64)? {
        let from = keys.last { $0 <= scene.startTimestamp } ?? keys[0]
        let isLast = scene.endTimestamp > (keys.last ?? 0) && keys.last { $0 <= scene.endTimestamp } == from
        let to = keys.last { $0 <= scene.endTimestamp } ?? keys[0]
        if to > from { return (from, scene.isLast ? Int64.max : to) }
        return isLast && scene.isLast ? (from, Int64.max) : nil
    }

    /// Writes the clip and returns how many pictures it has.
    func write(_ scene: Scene, naming path: String, at temporary: String, _ monitor: Monitor?) throws -> Int {
        guard let (from, to) = bounds(scene) else { return 0 }
        let input = try MediaInput(file.path)
        let video = try input.videoStream()
        let sound = input.stream(AVMEDIA_TYPE_AUDIO)
        let output = try MediaOutput(naming: path, at: temporary, format: "mp4")
        var targets = [video.pointee.index: try output.addCopy(of: video)]
        if let sound { targets[sound.pointee.index] = try output.addCopy(of: sound) }
        try output.begin("movflags=+faststart")
        try output.check(av_seek_frame(input.context, video.pointee.index, from, AVSEEK_FLAG_BACKWARD))

        let base = Rational(video.pointee.time_base).value
        let (start, end) = (Double(from) * base, to == .max ? Double.infinity : Double(to) * base)
        var packet = av_packet_alloc(), count = 0, hasStarted = false, isOver = false
        defer { av_packet_free(&packet) }
        while !isOver, let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            try monitor?.checkpoint()
            let index = packet.pointee.stream_index
            guard let target = targets[index], let source = cm_stream(input.context, index) else { continue }
            let stamp = packet.pointee.pts == cm_no_timestamp() ? packet.pointee.dts : packet.pointee.pts
            let time = Double(stamp) * Rational(source.pointee.time_base).value
            if index == video.pointee.index {
                if packet.pointee.flags & AV_PKT_FLAG_KEY != 0 {
                    if stamp >= from { hasStarted = true }
                    if stamp >= to { isOver = true }
                }
                // Pictures that lead a key frame need the ones before it.
                guard hasStarted, !isOver, stamp >= from else { continue }
                count += 1
            } else {
                guard time >= start - 0.01, time < end else { continue }
            }
            let offset = av_rescale_q(from, video.pointee.time_base, source.pointee.time_base)
            if packet.pointee.pts != cm_no_timestamp() { packet.pointee.pts -= offset }
            if packet.pointee.dts != cm_no_timestamp() { packet.pointee.dts -= offset }
            packet.pointee.stream_index = target
            try output.write(packet, from: source.pointee.time_base)
        }
        guard count > 0 else { return 0 }
        try output.finish()
        return count
    }
}
