import Foundation
import Base
import Glibc
import LTXVideo
import NN
import Torch

/// What every benchmark is told.
struct BenchmarkOptions {
    var dtype = DType.bfloat16
    var device = Device.cpu
    var repetitions = 3
    /// As long as this, in place of so many repetitions.
    var seconds: Double?
    /// The pipeline folder that the benchmark loads.
    var model = ""
    /// A training step with random weights instead.
    var size: StepSize?
    var rank = 32
    var checkpointing = false
    /// What the blocks of the transformer are kept in, and how many of them in host memory.
    var quantization: QuantizedFormat?
    var offloadedBlocks = 0
    /// Of the latents of a training step.
    var grid = LatentGrid(frames: 4, height: 16, width: 16)
}

extension BenchmarkOptions {
    /// How the transformer is kept.
    var policy: WeightPolicy {
        WeightPolicy(dtype, on: device, quantization: quantization, offloadedBlocks: offloadedBlocks)
    }
}

/// One benchmark, with the shapes of the same name in the reference's `bench_ref.py`.
protocol Benchmark: Sendable {
    static var name: String { get }
    /// Runs it and prints one JSON line.
    static func run(_ options: BenchmarkOptions) throws
}

/// All of them.
let benchmarks: [any Benchmark.Type] = [
    TrainStepBenchmark.self, T5EncodeBenchmark.self, VAEEncodeBenchmark.self, VAEDecodeBenchmark.self,
    SampleBenchmark.self, LoadBenchmark.self, CaptionBenchmark.self,
]

/// Timing and the JSON line.
enum Measurement {
    /// Wall seconds of each of the repetitions, until the device has done it all; after `warm` calls that do not count.
    static func times(_ options: BenchmarkOptions, warm: Int = 1, _ body: () throws -> Void) throws -> [Double] {
        for _ in 0..<warm { try body() }
        try Backend.synchronize(options.device)
        var times: [Double] = [], total = 0.0
        while options.seconds.map({ total < $0 || times.isEmpty }) ?? (times.count < options.repetitions) {
            let start = DispatchTime.now().uptimeNanoseconds
            try body()
            try Backend.synchronize(options.device)
            times.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
            total += times[times.count - 1]
        }
        return times
    }

    /// Prints the line that `bench_ref.py` prints: seconds is the best time.
    static func emit(_ name: String, _ times: [Double], _ facts: [(String, JSON)] = []) {
        let sorted = times.sorted(), middle = sorted.count / 2
        let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        var load = [0.0, 0.0, 0.0]
        getloadavg(&load, 3)
        var line = JSONObject([
            ("bench", .string(name)), ("seconds", .number(rounded(sorted.first ?? 0, 5))),
            ("median", .number(rounded(median, 5))),
            ("all", .array(times.map { .number(rounded($0, 5)) })), ("peak_rss_mb", .number(rounded(peakMegabytes, 1))),
            ("load1", .number(rounded(load[0], 2))),
        ])
        for (key, value) in facts { line[key] = value }
        print(JSON.object(line).text())
    }

    /// The most memory that the process has had resident.
    static var peakMegabytes: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }
    static func rounded(_ value: Double, _ digits: Int) -> Double {
        let factor = pow(10, Double(digits))
        return (value * factor).rounded() / factor
    }
}
