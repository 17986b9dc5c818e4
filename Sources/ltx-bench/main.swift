import Foundation
import Base
import LTXVideo
import Torch

/// `ltx-bench STAGE … --model FOLDER [--device NAME] [--dtype fp32|bf16] [--reps N] [--threads N] [--rank N] [--gc] …`
func run(_ arguments: [String]) throws -> Int32 {
    let formats = QuantizedFormat.allCases.map(\.rawValue).joined(separator: "|")
    let usage = """
        usage: ltx-bench STAGE ... --model FOLDER [--device cpu|cuda[:N]] [--dtype fp32|bf16] [--reps N] [--threads N]
               [--rank N] [--gc] [--grid FxHxW] [--quantization \(formats)] [--offload N]
               train-step also: --size tiny|small|wide, random weights in place of a model; --seconds N, as many steps as fit
        stages: \(benchmarks.map { $0.name }.joined(separator: " "))
        """
    var options = BenchmarkOptions(), stages: [String] = [], threads: Int?, rest = arguments[...]
    func value(_ option: String) throws -> String {
        guard let value = rest.popFirst() else { throw BenchmarkUsage("\(option) needs a value") }
        return value
    }
    func number(_ option: String) throws -> Int {
        guard let number = Int(try value(option)), number > 0 else {
            throw BenchmarkUsage("\(option) needs a number above 0")
        }
        return number
    }
    do {
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h":
                print(usage)
                return 0
            case "--model": options.model = try value(argument)
            case "--dtype":
                let name = try value(argument)
                guard let dtype = DType(name: name), [.float32, .bfloat16].contains(dtype) else {
                    throw BenchmarkUsage("--dtype is fp32 or bf16, not '\(name)'")
                }
                options.dtype = dtype
            case "--device": options.device = try Device(parsing: try value(argument))
            case "--seconds": options.seconds = Double(try number(argument))
            case "--reps": options.repetitions = try number(argument)
            case "--threads": threads = try number(argument)
            case "--size":
                let name = try value(argument)
                guard let size = StepSize(rawValue: name) else {
                    throw BenchmarkUsage("--size is tiny, small or wide, not '\(name)'")
                }
                options.size = size
            case "--rank": options.rank = try number(argument)
            case "--grid":
                let text = try value(argument), sides = text.split(separator: "x").compactMap { Int($0) }
                guard sides.count == 3, sides.allSatisfy({ $0 > 0 }) else {
                    throw BenchmarkUsage(
                        "--grid is the latents' frames, height and width, such as 12x14x24, not '\(text)'")
                }
                options.grid = LatentGrid(frames: sides[0], height: sides[1], width: sides[2])
            case "--gc": options.checkpointing = true
            case "--quantization":
                let name = try value(argument)
                guard let format = QuantizedFormat(rawValue: name) else {
                    throw BenchmarkUsage("--quantization is one of \(formats), not '\(name)'")
                }
                options.quantization = format
            case "--offload": options.offloadedBlocks = try number(argument)
            case let option where option.hasPrefix("-"): throw BenchmarkUsage("unknown option '\(option)'")
            default: stages.append(argument)
            }
        }
        guard !stages.isEmpty else { throw BenchmarkUsage("name a stage") }
        for stage in stages where !benchmarks.contains(where: { $0.name == stage }) {
            throw BenchmarkUsage("no stage '\(stage)'\(Suggestion.hint(for: stage, in: benchmarks.map { $0.name }))")
        }
        let needsModel = options.size == nil || stages != [TrainStepBenchmark.name]
        guard !needsModel || Files.isFolder(options.model) else {
            throw BenchmarkUsage("--model FOLDER is needed, a pipeline folder")
        }
    } catch let error as BenchmarkUsage {
        FileHandle.standardError.write(Data("ltx-bench: \(error.description)\n\(usage)\n".utf8))
        return 2
    }
    if let threads = threads ?? ThreadBudget.threads() { try Backend.setThreads(threads) }
    for stage in stages { try benchmarks.first { $0.name == stage }?.run(options) }
    return 0
}

/// A command line that cannot be run.
struct BenchmarkUsage: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

do { exit(try run(Array(CommandLine.arguments.dropFirst()))) } catch {
    FileHandle.standardError.write(Data("ltx-bench: \(error)\n".utf8))
    exit(1)
}
