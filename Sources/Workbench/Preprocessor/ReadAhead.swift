import Base
import Media
import Torch

/// Decodes and scales the videos of a pass on a thread of its own, one ahead of the encoder and already while captions are
/// encoded. Dropping it ends the thread.
final class ReadAhead {
    /// An output's video (1, 3, frames, height, width) in [-1, 1]; nil for one whose file ends before it does.
    struct Item: Sendable {
        let reading: PreprocessingJob.Reading, output: PreprocessingJob.Output
        /// How many outputs of all files come before it.
        let place: Int
        let video: Result<HandedOver<Tensor?>, any Error>
    }
    private let queue = BoundedQueue<Item>(capacity: 1)
    private let thread: WorkerThread?

    /// Reads those of the files whose turn is this rank's.
    ///
    /// - Parameter dtype: of the videos: that of the encoder, which would convert them anyway, and half as large.
    init(_ readings: [PreprocessingJob.Reading], _ turns: Turns, fps: Double?, dtype: DType) {
        guard !readings.isEmpty else {
            thread = nil
            queue.finish()
            return
        }
        var start = 0
        let starts = readings.map { reading in
            defer { start += reading.outputs.count }
            return start
        }
        thread = WorkerThread("clips") { [queue] in
            do {
                while case let turn = try turns.next(), turn < readings.count {
                    if !Self.give(readings[turn], starts[turn], fps, dtype, to: queue) { return }
                }
                queue.finish()
            } catch { queue.finish(error) }
        }
    }
    deinit {
        queue.cancel()
        thread?.join()
    }

    /// The next one, nil after the last.
    func next() throws -> Item? { try queue.pop() }

    /// Reads the outputs of one file; false when nobody takes them any more.
    private static func give(
        _ reading: PreprocessingJob.Reading, _ start: Int, _ fps: Double?, _ dtype: DType, to queue: BoundedQueue<Item>
    ) -> Bool {
        var pictures: Result<ClipPictures, any Error>?
        for (place, output) in reading.outputs.enumerated() {
            let video = Result<HandedOver<Tensor?>, any Error> {
                if pictures == nil {
                    pictures = Result {
                        try ClipPictures(
                            reading.file, size: output.size, fps: fps, region: reading.region,
                            reading.outputs.map(\.stretch))
                    }
                }
                guard var reader = try pictures?.get() else { return HandedOver(nil) }
                let video = try reader.next()
                pictures = .success(reader)
                return HandedOver(try video?.to(dtype))
            }
            guard queue.push(Item(reading: reading, output: output, place: start + place, video: video)) else {
                return false
            }
        }
        return true
    }
}
