import Base
import Media
import Torch
import VisionLanguage

/// What a model is shown of a clip: which pictures, how large, and how many at most.
struct ClipLook: Sendable {
    private let family: any VisionLanguageFamily

    init(_ family: any VisionLanguageFamily) { self.family = family }

    /// Which frames of a clip are looked at; none of an image.
    struct Plan {
        var shape: PictureShape
        var frames: [Int] = []
        /// How many there would be if the model had room.
        var wanted = 0
    }
    /// Reads the clip's header. Throws `CaptionerError.clip` for one that cannot be looked at, or has no room beside the question.
    func plan(_ file: VideoFile, _ question: CaptionQuestion) throws -> Plan {
        var shape = PictureShape(frames: file.isImage ? nil : 1, height: file.height, width: file.width)
        guard let least = family.tokens(shape) else {
            throw CaptionerError.clip(
                "its pictures of \(file.width)x\(file.height) pixels are too thin to be looked at")
        }
        let words = try family.tokenizer.encode(family.text(question.prompt, nil)).count
        let room = family.context - words - question.maxNewTokens
        guard least <= room else {
            throw CaptionerError.option(
                "max_new_tokens",
                "= \(question.maxNewTokens), \(words) tokens of the question and \(least) of a picture are more than the "
                    + "model's \(family.context)")
        }
        if file.isImage { return Plan(shape: shape) }
        let total = max(1, file.frames.value), fps = max(file.fps, 1e-6)
        var frames = family.frames(of: total, fps: fps, wanted: question.fps)
        let wanted = frames.count
        func fits(_ count: Int) -> Bool {
            shape.frames = count
            return family.tokens(shape).map { $0 <= room } ?? false
        }
        let most = stride(from: wanted, to: 1, by: -1).first(where: fits) ?? 1
        if most < wanted { frames = Array(family.frames(most, of: total).prefix(most)) }
        shape.frames = frames.count
        return Plan(shape: shape, frames: frames, wanted: wanted)
    }

    /// What a question is about; nil for one about its text alone. Decodes the clip.
    func pictures(for question: CaptionQuestion, _ control: CaptionControl) throws -> ShownPictures? {
        if let mark = family.marks.first(where: { question.prompt.contains($0) }) {
            throw CaptionerError.option(
                "prompt", "must not have '\(mark)' in it, which the model takes for a picture's place")
        }
        guard let file = question.media else { return nil }
        let plan = try plan(file, question)
        if plan.frames.count < plan.wanted {
            control.note(
                "\(Path.name(file.path)): \(plan.frames.count) of \(plan.wanted) frames are looked at; the model's "
                    + "\(family.context) tokens have no room for more beside \(question.maxNewTokens) new ones")
        }
        func prepared(_ frame: Frame) throws -> Tensor {
            let pixels = try Tensor(frame.pixels, shape: [1, frame.height, frame.width, 3])
            return try family.prepared(pixels, plan.shape)
        }
        if file.isImage { return ShownPictures(try prepared(file.frame()), plan.shape) }
        let fps = max(file.fps, 1e-6), times = plan.frames.map { Double($0) / fps }
        // By their times, so that a variable rate does not matter: the picture that is shown at each. Files round times.
        let reader = try FrameReader(file)
        var chosen: [Tensor] = [], held = try reader.next()
        while let frame = held, chosen.count < times.count {
            try control.checkpoint()
            let next = try reader.next()
            var picture: Tensor?
            while chosen.count < times.count, next.map({ times[chosen.count] < $0.time - 0.1 / fps }) ?? true {
                let known = try picture ?? prepared(frame)
                picture = known
                chosen.append(known)
            }
            held = next
        }
        let length = Double(max(1, file.frames.value)) / fps
        return ShownPictures(
            try concatenated(chosen, axis: 0), plan.shape, times: times, spacing: length / Double(times.count))
    }
}
