import Base
import Media
import Torch

/// Decodes and scales the videos of a pass on a thread of its own, one ahead of the encoder and already while captions are
/// encoded. Dropping it ends the thread.
final class ReadAhead {
    let readings: [PreprocessingJob.Reading]
    private let queue = BoundedQueue<Result<HandedOver<Tensor?>, any Error>>(capacity: 1)
    private let thread: WorkerThread?

    /// - Parameter dtype: of the videos: that of the encoder, which would convert them anyway, and half as large.
    init(_ readings: [PreprocessingJob.Reading], fps: Double?, dtype: DType) {
        self.readings = readings
        guard !readings.isEmpty else {
            thread = nil
            return
        }
        thread = WorkerThread("clips") { [queue] in
            for reading in readings where !Self.give(reading, fps, dtype, to: queue) { return }
            queue.finish()
        }
    }
    deinit {
        queue.cancel()
        thread?.join()
    }

    /// The next output's video (1, 3, frames, height, width) in [-1, 1]; `nil` for one whose file ends before it does. Throws what
    /// reading it threw.
    func next() throws -> Tensor? { try queue.pop()?.get().value }

    /// Reads the outputs of one file; false when nobody takes them any more.
    private static func give(
        _ reading: PreprocessingJob.Reading, _ fps: Double?, _ dtype: DType,
        to queue: BoundedQueue<Result<HandedOver<Tensor?>, any Error>>
    ) -> Bool {
        var pictures: Result<ClipPictures, any Error>?
        for output in reading.outputs {
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
            guard queue.push(video) else { return false }
        }
        return true
    }
}
