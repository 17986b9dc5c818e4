import Base
import LTXVideo
import NN
import Text
import Torch

/// Loads tokenizer, T5, VAE and transformer of a pipeline folder. The first load is part of the times,
/// as in the reference.
enum LoadBenchmark: Benchmark {
    static let name = "load"

    static func run(_ options: BenchmarkOptions) throws {
        try Backend.open()  // the reference imports its libraries before it starts the clock
        let folder = options.model
        let times = try Measurement.times(options, warm: 0) {
            _ = try T5Tokenizer(folder: Path.join(folder, "tokenizer"))
            _ = try T5Encoder.load(Path.join(folder, "text_encoder"), WeightPolicy(options.dtype, on: options.device))
            _ = try VideoVAE.load(Path.join(folder, "vae"), WeightPolicy(options.dtype, on: options.device))
            _ = try Transformer.load(Path.join(folder, "transformer"), options.policy)
        }
        Measurement.emit(
            name, times,
            [
                ("what", .string(Path.name(folder))), ("dtype", .string("\(options.dtype)")),
                ("device", .string("\(options.device)")),
                ("first", .number(Measurement.rounded(times.first ?? 0, 5))),
            ])
    }
}
