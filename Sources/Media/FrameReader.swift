import CMedia
import Base

/// The pictures of a video in order, decoded on a thread of its own a few pictures ahead of the taker.
///
/// RGB24, upright, whole pictures also of what is coded in fields (`PictureDecoder`), in the colours that decord and OpenCV give for tagged 8-bit video; 10-bit is rounded to 8, PQ and HLG
/// are tone-mapped. One taker at a time. Dropping the reader ends its thread.
public final class FrameReader {
    /// What to read.
    public struct Options: Sendable {
        /// Seconds from the first picture: reading starts with the picture shown then (exact, not at a key frame).
        public var start = 0.0
        /// So many pictures are passed over first, counted from the start of the file: a number of a picture, whatever its
        /// time. Not together with `start`.
        public var skip = 0
        /// Reading ends before the first picture that starts at or after this many seconds.
        public var end: Double?
        /// At most so many pictures.
        public var count: Int?
        /// 1 of so many pictures.
        public var every = 1
        /// Size of the result. With one of the two the other follows the shape; with none the source's size.
        public var width: Int?, height: Int?
        /// Decoder threads, 0 for one a core.
        public var threads = 0

        /// Every picture of the file at source size.
        public init() {}
    }

    /// The size of the frames that come.
    public let width: Int, height: Int

    private let queue: BoundedQueue<Frame>
    private let thread: WorkerThread

    /// Opens the file and starts to decode. Throws `FileError` or `MediaError`.
    public init(_ file: VideoFile, _ options: Options = Options()) throws {
        let (width, height) = try Self.size(of: file, options)
        guard options.every > 0 else {
            throw MediaError.option(name: "every", value: "\(options.every)", allowed: "1 or more")
        }
        guard options.skip >= 0, options.skip == 0 || options.start == 0 else {
            throw MediaError.option(name: "skip", value: "\(options.skip)", allowed: "0 or more, without 'start'")
        }
        guard options.start.isFinite, options.start >= 0 else {
            throw MediaError.option(name: "start", value: "\(options.start)", allowed: "0 or more seconds")
        }
        let decoder = try PictureDecoder(file.path, threads: options.threads)
        // Up to 64 MiB ahead.
        let queue = BoundedQueue<Frame>(capacity: max(1, min(8, (64 << 20) / (width * height * 3))))
        // The decoder goes to the new thread and is not touched here again.
        let source = Source(decoder, FrameConverter(path: file.path, orientation: file.orientation), fps: file.fps)
        (self.width, self.height, self.queue) = (width, height, queue)
        thread = WorkerThread {
            do {
                try source.run(options, width: width, height: height) { queue.push($0) }
                queue.finish()
            } catch { queue.finish(error) }
        }
    }
    deinit {
        queue.cancel()
        thread.join()
    }

    /// The next picture, `nil` at the end. Throws `MediaError` when no picture of the file decodes.
    public func next() throws -> Frame? { try queue.pop() }

    /// The size that `width` and `height` of the options mean for a file.
    private static func size(of file: VideoFile, _ options: Options) throws -> (Int, Int) {
        let size: (Int, Int) =
            switch (options.width, options.height) {
            case (nil, nil): (file.width, file.height)
            case (let width?, nil): (width, max(1, (file.height * width + file.width / 2) / file.width))
            case (nil, let height?): (max(1, (file.width * height + file.height / 2) / file.height), height)
            case (let width?, let height?): (width, height)
            }
        guard size.0 > 0, size.1 > 0, size.0 <= 1 << 16, size.1 <= 1 << 16, size.0 * size.1 <= 1 << 27 else {
            throw MediaError.option(name: "size", value: "\(size.0)x\(size.1)", allowed: "1x1 to 128 megapixels")
        }
        return size
    }
}

/// `@unchecked Sendable`: made by one thread, handed to another, used by that one alone.
private final class Source: @unchecked Sendable {
    private let decoder: PictureDecoder, converter: FrameConverter, fps: Double

    init(_ decoder: PictureDecoder, _ converter: FrameConverter, fps: Double) {
        (self.decoder, self.converter, self.fps) = (decoder, converter, fps)
    }

    func run(_ options: FrameReader.Options, width: Int, height: Int, _ give: (Frame) -> Bool) throws {
        let target = options.start > 0 ? options.start : nil
        if let target { try decoder.seek(before: target, fps: fps) }
        // The last picture before the target: it is the one shown at the target unless another starts there.
        var held: (picture: UnsafeMutablePointer<AVFrame>, time: Double)?
        func letGo() {
            var picture = held?.picture
            av_frame_free(&picture)
            held = nil
        }
        defer { letGo() }

        var given = 0, seen = 0, passed = 0
        /// False when no more are wanted.
        func take(_ picture: UnsafeMutablePointer<AVFrame>, _ time: Double) throws -> Bool {
            if let count = options.count, given >= count { return false }
            if seen % options.every == 0 {
                var frame = try converter.frame(picture, width: width, height: height)
                (frame.time, frame.index) = (time, seen + options.skip)
                guard give(frame) else { return false }
                given += 1
            }
            seen += 1
            return given != options.count
        }
        var next = 0.0
        while let picture = try decoder.next() {
            let time = decoder.time.map(decoder.decoder.seconds) ?? next
            next = time + 1 / max(fps, 1e-6)
            if let end = options.end, time >= end - 1e-9 { break }
            if passed < options.skip {
                passed += 1
                continue
            }
            if let target, seen == 0 {
                if time < target - 1e-6 {
                    letGo()
                    if let copy = av_frame_clone(picture) { held = (copy, time) }
                    continue
                }
                if let before = held, time > target + 1e-6 {
                    guard try take(before.picture, before.time) else { return }
                }
                letGo()
            }
            guard try take(picture, time) else { return }
        }
        // The target lies within the last picture, if it lies within the video at all.
        if let last = held, seen == 0, last.time + 1.5 / max(fps, 1e-6) > options.start {
            _ = try take(last.picture, last.time)
        }
    }
}
