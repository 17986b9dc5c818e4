import Base
import NN
import Torch
import VisionLanguage

/// A caption of 64 tokens about 8 frames of 640×360 by a captioner's folder, the likeliest word each time: pictures and prompt, then word by
/// word.
enum CaptionBenchmark: Benchmark {
    static let name = "caption"
    private static let words = 64

    static func run(_ options: BenchmarkOptions) throws {
        guard let family = try VisionLanguageFamilies.open(options.model, nil) else {
            throw BenchmarkUsage("caption needs the folder of a captioner for --model")
        }
        let model = try family.load(options.policy), shown = try pictures(family)
        var tokens = 0
        func caption(_ count: Int) throws {
            try withoutGradients {
                let prompt = try model.prompt("Shortly describe the content of this video in two sentences.", shown)
                tokens = prompt.ids.count
                let session = try model.language.start([prompt], room: count)
                for step in 1...count {
                    let next = try session.logits.argmax(1).ints()
                    if step < count { try session.append(next) }
                }
            }
        }
        let first = try Measurement.times(options) { try caption(1) }
        let all = try Measurement.times(options, warm: 0) { try caption(words) }
        let prefill = first.min() ?? 0, decode = ((all.min() ?? 0) - prefill) / Double(words - 1)
        Measurement.emit(
            name, all,
            [
                ("dtype", .string("\(options.policy)")), ("device", .string("\(options.device)")),
                ("prompt_tokens", .integer(tokens)), ("new_tokens", .integer(words)),
                ("prefill_seconds", .number(Measurement.rounded(prefill, 4))),
                ("decode_tokens_per_s", .number(Measurement.rounded(1 / decode, 2))),
            ])
    }
    private static func pictures(_ family: any VisionLanguageFamily) throws -> ShownPictures {
        let shape = PictureShape(frames: 8, height: 360, width: 640), generator = try Generator(seed: 0)
        let prepared = try (0..<8).map { _ in
            let noise = try (Tensor.rand([1, 360, 640, 3], generator: generator) * 255).to(.uint8)
            return try family.prepared(noise, shape)
        }
        return ShownPictures(
            try concatenated(prepared, axis: 0), shape, times: (0..<8).map { Double($0) / 3 }, spacing: 1.0 / 3)
    }
}
