import Base
import LuaKit
import Workbench

/// The options of preprocessing as a script gives them.
struct PreprocessingOptions {
    var lengths: [Int] = []
    var aspects = false
    var mode = FrameSelection.Mode.first
    var stride = 8
    var samples: Int?
    var fps: Double?
    var crop = "none"
    var trigger: String?, output: String?
    var batchSize = 1
    var force = false, decode = false, references = true, uncaptioned = false

    /// Which sizes and pictures clips get.
    static var sizing: [LuaOption<Self>] {
        [
            .option(
                "frames", \.mode, .choice(),
                "which pictures: first; uniform (spread over the video); chunks, sliding (several clips of a video); full (all, at "
                    + "most as many as the size has, or 361)")
        ] + shaping
    }
    /// The same but for the choice of pictures.
    static var shaping: [LuaOption<Self>] {
        [
            .option(
                "lengths", \.lengths, .list(of: .integer(min: 1, max: 1 << 15)), "frames of the sizes that have none"),
            .option("aspect_buckets", \.aspects, .bool, "each size stands for all of its area, in steps of 32 pixels"),
            .option(
                "stride", \.stride, .integer(min: 1), "of sliding: frames from one clip's beginning to the next one's"),
            .option(
                "samples", \.samples, .integer(min: 1, max: 1000),
                "of uniform: so many clips of frames in a row instead"),
            .option(
                "fps", \.fps, .number(max: 1000, above: 0),
                "frames a second of the clips; the videos' own when left out"),
            .option("crop", \.crop, .choice(["none", "bars"]), "\"bars\" cuts black bars off first"),
        ]
    }
    /// Everything.
    static var all: [LuaOption<Self>] {
        sizing + [
            .option("trigger", \.trigger, .string, "put before every caption; the dataset's own when left out"),
            .option(
                "output", \.output, .path(.folder), "where to write; .precomputed beside the captions when left out"),
            .option("batch_size", \.batchSize, .integer(min: 1, max: 1024), "captions encoded at once"),
            .option("force", \.force, .bool, "encode again what is up to date"),
            .option("decode", \.decode, .bool, "decode what is encoded into decoded_videos, to look at"),
            .option("references", \.references, .bool, "encode the clips' references, too"),
            .option(
                "uncaptioned", \.uncaptioned, .bool, "take clips without a caption, as the trigger alone or as no words"
            ),
        ]
    }

    /// The same for `Preprocessor`. Throws `VideoSizeError`.
    func options(_ sizes: [LuaSize], isStrict: Bool) throws -> Preprocessor.Options {
        let selection = FrameSelection(mode, stride: stride, samples: samples)
        var options = Preprocessor.Options(
            sizes: try TrainingSizes(
                sizes.map { ($0.width, $0.height, $0.frames) }, lengths: lengths, aspects: aspects, for: selection),
            selection: selection, fps: fps, cropsBars: crop == "bars")
        (options.trigger, options.output, options.batchSize) = (trigger, output, batchSize)
        (options.force, options.decodes, options.usesReferences) = (force, decode, references)
        (options.isStrict, options.takesUncaptioned) = (isStrict, uncaptioned)
        return options
    }
}

extension LuaType where Value == [LuaSize] {
    /// A size, or several: `"768x448x89"`, `"768x448x49;512x512x49"`, `{ "768x448x49", "[FANG] 512x512x49" }`.
    static var sizes: Self {
        let one = LuaType<LuaSize>.size
        var info = one.info
        info.name = "size or list of sizes"
        info.annotation += "|string[]"
        info.suggestions = { TrainingSizes.named.map { "[\($0.shape)] \($0.width)x\($0.height)" } }
        func sizes(_ text: String) throws -> [LuaSize] {
            try text.split(separator: ";").map { part in
                let plain = try TrainingSizes.withoutLabel(String(part))
                guard let size = LuaSize(parsing: plain) else {
                    throw LuaTypeError(
                        "must be a size, \"WxH\" or \"WxHxF\", such as \"768x448x89\" or {width=768, height=448, frames=89}, or a list "
                            + "of sizes")
                }
                return size
            }
        }
        return LuaType(info) { value, lua in
            if let text = value.string, !text.isEmpty { return try sizes(text) }
            guard let list = value.table?.list, !list.isEmpty else {
                return try LuaType<LuaSize>.size.map { [$0] }.convert(value, lua)
            }
            return try list.flatMap { entry in
                if let text = entry.string { return try sizes(text) }
                guard let size = try LuaType<LuaSize>.size.convert(entry, lua) else {
                    throw LuaTypeError("must hold only sizes")
                }
                return [size]
            }
        }
    }
}
