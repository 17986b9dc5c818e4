import Base
import LuaKit
import Media
import Workbench

extension DatasetScan: LuaObject {
    /// See `LuaObject`.
    public static var luaName: String { "Scan" }
    /// See `LuaObject`.
    public static var luaClass: LuaClass<DatasetScan> {
        LuaClass("Scene scores of a dataset's videos; scan[i] has the cuts of one video.") {
            $0.subscripts { scan, place in scan.entry(place) }
            $0.length { $0.entries.count }
            $0.method(
                "cuts", "The same scores cut otherwise, without decoding again.",
                .options(SceneOptions(), sceneOptions) { try DetectorParameters.check($1, for: $0.detector) },
                example: "scan:cuts{ threshold = 20 }"
            ) { try $0.cuts($1) }
            $0.method("plot", "Draws the scores with the cuts.", .integer("i", "which video", default: 1, min: 1)) {
                $0.plot($1)
            }
            $0.description { $0.lines(.text).joined(separator: "\n") }
            // Ten numbers a picture: what was found in it, and the detector's series.
            $0.bytes { $0.entries.reduce(0) { $0 + 80 * $1.series.count } }
        }
    }

    private func entry(_ place: Int) -> LuaTable? {
        guard entries.indices.contains(place - 1) else { return nil }
        let entry = entries[place - 1]
        return LuaTable(fields: [
            ("name", .string(entry.name)), ("cuts", entry.plan.cuts.luaValue), ("times", entry.plan.times.luaValue),
            ("scores", entry.series.luaValue), ("scenes", .integer(entry.plan.scenes.count)),
        ])
    }
    /// Curve and cuts of a video, drawn on the terminal.
    private func plot(_ place: Int) -> ScanPlot { ScanPlot(scan: self, place: place) }

    /// What turns scores into cuts: PySceneDetect's parameters under their names.
    static var sceneOptions: [LuaOption<SceneOptions>] { sceneOptions(\.self) }

    /// The same inside larger options.
    static func sceneOptions<Root>(_ scene: WritableKeyPath<Root, SceneOptions>) -> [LuaOption<Root>] {
        [
            .option("detector", scene.appending(path: \.detector), .choice(), "how cuts are found"),
            .option(
                "threshold", scene.appending(path: \.threshold), .number(min: 0, max: 255),
                "score of a cut; nil for the detector's own: \(DetectorParameters.defaultThresholds)"),
            .option(
                "adaptive_threshold", scene.appending(path: \.threshold), .number(min: 0, max: 255),
                "the same under PySceneDetect's name for it (adaptive)"),
            .option(
                "min_scene_len", scene.appending(path: \.minSceneLength), .duration,
                "no cut sooner after the one before"),
            .option(
                "weights", scene.appending(path: \.weights), .list(of: .number(min: 0)),
                "of hue, saturation, brightness and edges (content, adaptive)"),
            // After the weights: it overrides them, as in PySceneDetect.
            .option(
                "luma_only", scene.appending(path: \.lumaOnly), .bool, "brightness alone counts (content, adaptive)"),
            .option(
                "window_width", scene.appending(path: \.windowWidth), .integer(min: 1, max: 1000, unit: "frames"),
                "neighbours on each side (adaptive)"),
            .option(
                "min_content_val", scene.appending(path: \.minContentValue), .number(min: 0, max: 255),
                "least content score of a cut (adaptive)"),
            .option(
                "fade_bias", scene.appending(path: \.fadeBias), .number(min: -1, max: 1),
                "where in a fade the cut lies, -1 at its start, 1 at its end (threshold)"),
            .option(
                "method", scene.appending(path: \.fadeMethod), .choice(),
                "fades below or above the threshold (threshold)"),
            .option(
                "add_final_scene", scene.appending(path: \.addsFinalScene), .bool, "cut at a last fade-out (threshold)"),
            .option(
                "filter_mode", scene.appending(path: \.filterMode), .choice(),
                "what happens to cuts that are too close (content)"),
            .option(
                "filter_shorter_than", scene.appending(path: \.filterShorterThan), .duration,
                "leave shorter scenes out"),
            .option("max_scenes", scene.appending(path: \.maxScenes), .integer(min: 1), "keep only the first scenes"),
        ]
    }
    /// What decides the scores.
    static var scanOptions: [LuaOption<SplitOptions>] {
        [
            .option("start", \.scan.start, .duration, "where in each video to start: seconds, or a frame \"20f\""),
            .option("stop", \.scan.end, .duration, "where in each video to end"),
            .option("end", \.scan.end, .duration, "the same under PySceneDetect's name, in Lua [\"end\"] = …"),
            .option("duration", \.scan.duration, .duration, "how much of each video, from the start"),
            .option("strict", \.isStrict, .bool, "a video that cannot be read is an error, and is not left out"),
            .option(
                "downscale", \.scan.downscale, .number(min: 1, max: 256),
                "score at 1/n of the size; nil: the longer side becomes 256"),
            .option(
                "frame_skip", \.scan.frameSkip, .integer(min: 0, max: 10_000, unit: "frames"),
                "score one frame of n + 1"),
            .option("bins", \.scan.bins, .integer(min: 2, max: 256), "of the histograms (histogram)"),
            .option(
                "kernel_size", \.scan.kernelSize, .integer(min: 3, max: 255, unit: "pixels"),
                "odd: how far edges are widened; nil: by the size of the pictures (content, adaptive)"),
            .option("size", \.scan.hashSize, .integer(min: 2, max: 32), "side of the hash (hash)"),
            .option("hash_size", \.scan.hashSize, .integer(min: 2, max: 32), "the same as size (hash)"),
            .option("lowpass", \.scan.lowpass, .integer(min: 1, max: 16), "share of frequencies left out (hash)"),
            .option(
                "fast", \.scan.fast, .bool,
                "leave out pictures between two that are alike (content, adaptive; for thresholds from 12)"),
        ]
    }
}

extension DatasetScan: CustomStringConvertible {
    /// `"3 videos, 41 cuts (content)"`.
    public var description: String {
        let cuts = entries.reduce(0) { $0 + $1.plan.cuts.count }
        return
            "\(counted(entries.count, "video")), \(counted(cuts, "cut")) (\(options.detector.rawValue))"
    }
}

extension DatasetScan: Displayable {
    package var oneLine: String { description }
    package func lines(_ context: DisplayContext) -> [String] {
        let table = TextTable(
            [
                .init("#", .right, rank: 4, style: .quiet), .init("name", least: 10, rank: 3, style: .name),
                .init("cuts", .right, rank: 2), .init("scenes", .right, rank: 2),
                .init("first frames", least: 12, rank: 1),
            ],
            rows: entries.enumerated().map { place, entry in
                let cuts = entry.plan.cuts.map { "\($0)" }.joined(separator: " ")
                return ["\(place + 1)", entry.name, "\(entry.plan.cuts.count)", "\(entry.plan.scenes.count)", cuts]
            })
        return [context.style(.heading, description)] + table.lines(width: context.width, style: context.style)
    }
}
