import Base
import CMedia

/// The pictures of one file as they are to be seen, in order: what is coded in fields is made whole, one picture of each
/// coded one, as FFmpeg's bwdif does with `deint=interlaced`. One thread at a time.
///
/// A picture made of fields needs its neighbours: with `next` decoding is one ahead.
final class PictureDecoder {
    let decoder: VideoDecoder
    /// The timestamp of the picture that `next` gave last, as `VideoDecoder.time`.
    private(set) var time: Int64?

    private let threads: Int
    private let header: AVFieldOrder
    private let codec: AVCodecID
    private var filter: OpaquePointer?
    private var size: (width: Int32, height: Int32, format: Int32) = (0, 0, 0)
    /// The picture before the first one in fields, what the filter has given last, and one that its size sent away.
    private var before = av_frame_alloc(), output = av_frame_alloc(), odd = av_frame_alloc()
    private var hasOdd = false, isEnding = false, number: Int64 = 0, unwanted: Int64 = -1
    private var oddTime: Int64?, timeBefore: Int64?
    private var times: [Int64: Int64] = [:]

    /// - Parameter threads: 0 for one a core. Throws as `VideoDecoder`.
    init(_ path: String, threads: Int = 0) throws {
        decoder = try VideoDecoder(path, threads: threads)
        self.threads = threads
        let parameters = decoder.stream.pointee.codecpar.pointee
        (header, codec) = (parameters.field_order, parameters.codec_id)
    }
    deinit {
        cm_deinterlacer_free(filter)
        av_frame_free(&before)
        av_frame_free(&output)
        av_frame_free(&odd)
    }

    /// The next picture, `nil` at the end. It is valid until the next call. Throws as `VideoDecoder.next`.
    func next() throws -> UnsafeMutablePointer<AVFrame>? {
        while true {
            if filter != nil {
                if let picture = try pull() { return picture }
                if filter == nil { continue }
                guard !isEnding, let picture = try decoder.next() else {
                    try end()
                    continue
                }
                try push(picture, decoder.time)
            } else if hasOdd, let odd {
                hasOdd = false
                try begin(odd, oddTime)
                av_frame_unref(odd)
            } else {
                guard let picture = try decoder.next() else { return nil }
                guard isInFields(picture) else {
                    (time, timeBefore) = (decoder.time, decoder.time)
                    av_frame_unref(before)
                    av_frame_ref(before, picture)
                    return picture
                }
                try begin(picture, decoder.time)
            }
        }
    }

    /// As `VideoDecoder.seek`, so far before that pictures made of fields are the same as when read from the start.
    func seek(before seconds: Double, fps: Double) throws {
        let isInFields = header != AV_FIELD_UNKNOWN && header != AV_FIELD_PROGRESSIVE
        try decoder.seek(before: isInFields ? max(0, seconds - 2.5 / max(fps, 1)) : seconds)
        reset()
    }
    /// As `VideoDecoder.rewind`.
    func rewind() throws {
        try decoder.rewind()
        reset()
    }

    private func reset() {
        cm_deinterlacer_free(filter)
        av_frame_unref(before)
        av_frame_unref(odd)
        (filter, time, timeBefore, hasOdd, isEnding, times) = (nil, nil, nil, false, false, [:])
    }

    /// Most decoders mark the pictures; where every picture is coded alone, some leave that to the container.
    private func isInFields(_ picture: UnsafeMutablePointer<AVFrame>) -> Bool {
        if picture.pointee.interlaced_frame != 0 { return true }
        guard ![AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE].contains(header),
            let codec = avcodec_descriptor_get(codec), codec.pointee.props & AV_CODEC_PROP_INTRA_ONLY != 0
        else { return false }
        picture.pointee.interlaced_frame = 1
        picture.pointee.top_field_first = header == AV_FIELD_TT || header == AV_FIELD_BT ? 1 : 0
        return true
    }

    // MARK: The filter

    private func begin(_ picture: UnsafeMutablePointer<AVFrame>, _ time: Int64?) throws {
        try check(cm_deinterlacer_new(picture, Int32(clamping: threads), &filter))
        size = (picture.pointee.width, picture.pointee.height, picture.pointee.format)
        isEnding = false
        if let before, before.pointee.width == size.width, before.pointee.height == size.height,
            before.pointee.format == size.format
        {
            unwanted = number
            try push(before, timeBefore)
        }
        av_frame_unref(before)
        try push(picture, time)
    }
    private func push(_ picture: UnsafeMutablePointer<AVFrame>, _ time: Int64?) throws {
        _ = isInFields(picture)
        guard (picture.pointee.width, picture.pointee.height, picture.pointee.format) == size else {
            av_frame_ref(odd, picture)
            (oddTime, hasOdd) = (time, true)
            return try end()
        }
        times[number] = time
        try check(cm_deinterlacer_push(filter, picture, number))
        number += 1
    }
    private func end() throws {
        if isEnding { return }
        isEnding = true
        try check(cm_deinterlacer_push(filter, nil, 0))
    }
    /// A finished picture; `nil` when the filter needs another one, or has ended and is gone.
    private func pull() throws -> UnsafeMutablePointer<AVFrame>? {
        var place: Int64 = 0
        while let output {
            av_frame_unref(output)
            let code = cm_deinterlacer_pull(filter, output, &place)
            if cm_is_again(code) != 0 { return nil }
            if cm_is_end(code) != 0 { break }
            try check(code)
            time = times.removeValue(forKey: place)
            if place != unwanted { return output }
        }
        cm_deinterlacer_free(filter)
        filter = nil
        return nil
    }
    private func check(_ code: Int32) throws {
        guard code < 0 else { return }
        let cause =
            code == cm_filter_not_found()
            ? "that takes FFmpeg's libavfilter with its filter 'bwdif', which is not installed here"
            : MediaInput.reason(code)
        let reason = "its fields cannot be made whole pictures (\(cause))"
        throw MediaError.unreadable(path: decoder.input.path, reason: reason)
    }
}
