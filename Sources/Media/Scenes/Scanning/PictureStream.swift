import Base
import CMedia

/// Decoded pictures from a thread of their own, a few ahead, so that decoding and scoring run side by side.
///
/// Numbers are true because decoding begins at the start of the file; pictures before `start` are decoded but not given.
final class PictureStream {
    private let queue = BoundedQueue<DecodedPicture>(capacity: 4)
    private let source: Source
    private var thread: WorkerThread?

    /// Starts to decode. The decoder is not to be used by anybody else from here on.
    init(_ decoder: VideoDecoder, _ options: ScanOptions = ScanOptions()) {
        let (source, queue) = (Source(decoder), queue)
        self.source = source
        thread = WorkerThread {
            do {
                try source.run(options) { queue.push($0) }
                queue.finish()
            } catch { queue.finish(error) }
        }
    }
    deinit { stop() }

    /// The next picture, `nil` at the end. Throws `MediaError` when none decodes.
    func next() throws -> DecodedPicture? { try queue.pop() }

    /// Ends the thread.
    func stop() {
        queue.cancel()
        thread?.join()
        thread = nil
    }
    /// Packets that did not decode; stops the thread first, which owns the decoder until then.
    var damage: Int {
        stop()
        return source.decoder.damage
    }

    /// `@unchecked Sendable`: made by one thread, handed to another, used by that one alone until it has ended.
    private final class Source: @unchecked Sendable {
        let decoder: VideoDecoder
        init(_ decoder: VideoDecoder) { self.decoder = decoder }

        func run(_ options: ScanOptions, _ give: (DecodedPicture) -> Bool) throws {
            var number = 0, taken = 0, first: (number: Int, seconds: Double)?
            var next = decoder.origin
            while let picture = try decoder.next() {
                defer { number += 1 }
                let timestamp = decoder.time ?? next
                next = timestamp &+ max(1, picture.pointee.pkt_duration)
                let place = (number: number, seconds: decoder.seconds(timestamp))
                if options.isOver(before: place, since: first) { return }
                if options.isEarly(place) { continue }
                first = first ?? place
                defer { taken += 1 }
                guard taken % (options.frameSkip + 1) == 0 else { continue }
                guard give(DecodedPicture(picture, frame: number, timestamp: timestamp)) else { return }
            }
        }
    }
}

/// A decoded picture on its way to the scorer: a reference to the decoder's buffer.
///
/// `@unchecked Sendable`: FFmpeg's buffers are reference-counted across threads, and after decoding only read.
final class DecodedPicture: @unchecked Sendable {
    let frame: Int
    let timestamp: Int64, duration: Int64
    private var picture: UnsafeMutablePointer<AVFrame>?

    init(_ source: UnsafeMutablePointer<AVFrame>, frame: Int, timestamp: Int64) {
        (self.frame, self.timestamp, picture) = (frame, timestamp, av_frame_clone(source))
        duration = max(0, source.pointee.pkt_duration)
    }
    deinit { av_frame_free(&picture) }

    /// What scores are made from. Throws `MediaError`.
    func described(by scorer: PictureScorer) throws -> PictureSignature {
        guard let picture else { throw MediaError.unsupported(path: nil, what: "no memory for a picture") }
        return try scorer.describe(picture)
    }
}
