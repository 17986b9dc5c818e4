import Base
import struct Foundation.Data

/// What a split leaves to look at: a table of scores, pictures of each scene, a page.
public enum SceneReport {
    /// PySceneDetect's statistics file: one line a picture, numbered from 1, with the columns of the detector.
    public static func csv(_ scores: SceneScores, _ options: SceneOptions = SceneOptions()) throws -> String {
        var columns: [(name: String, values: [Double])] = []
        switch options.detector {
        case .content, .adaptive:
            let content = try scores.content(weights: options.weights)
            if options.detector == .adaptive {
                let mark = options.lumaOnly ? "_lum" : ""
                let ratio = scores.adaptiveRatio(content, width: options.windowWidth, minimum: options.minContentValue)
                columns.append(("adaptive_ratio\(mark) (w=\(options.windowWidth))", ratio))
            }
            columns.append(("content_val", content))
            if !scores.edges.isEmpty { columns.append(("delta_edges", scores.edges)) }
            columns += [("delta_hue", scores.hue), ("delta_lum", scores.luma), ("delta_sat", scores.saturation)]
        case .threshold: columns = [("average_rgb", scores.average)]
        case .histogram: columns = [("hist_diff [bins=\(scores.options.bins)]", scores.correlation)]
        case .hash:
            let name = "hash_dist [size=\(scores.options.hashSize) lowpass=\(scores.options.lowpass)]"
            columns = [(name, scores.hashDistance)]
        }
        var text = (["Frame Number", "Timecode"] + columns.map(\.name)).joined(separator: ",") + "\n"
        for place in 0..<scores.count {
            let time = Timecode.text(scores.seconds(scores.timestamps[place]))
            let values = columns.map { "\($0.values[place])" }
            text += (["\(scores.frames[place] + 1)", time] + values).joined(separator: ",") + "\n"
        }
        return text
    }

    /// Writes `count` pictures a scene, evenly spread, as `<stem>-Scene-NNN-MM.jpg`. Returns the paths, a row a scene.
    ///
    /// Throws `MediaError`, `FileError` or `Cancelled`.
    public static func images(
        _ file: VideoFile, _ plan: ScenePlan, count: Int, into folder: String, width: Int? = nil,
        _ monitor: Monitor? = nil
    ) throws -> [[String]] {
        guard (1...100).contains(count) else {
            throw MediaError.option(name: "images_per_scene", value: "\(count)", allowed: "from 1 to 100")
        }
        try Files.makeFolder(folder)
        return try plan.scenes.enumerated().map { place, scene in
            let stem = Path.stem(SceneSplitter.name(of: file, scene: place + 1, of: plan.scenes.count))
            return try (0..<count).map { number in
                try monitor?.checkpoint()
                let time = scene.start + scene.duration * (Double(number) + 0.5) / Double(count)
                let path = Path.join(folder, "\(stem)-\(number < 9 ? "0" : "")\(number + 1).jpg")
                try StillImage.write(try file.frame(at: time, width: width), to: path)
                return path
            }
        }
    }

    /// A self-contained page: the scenes with a picture of each, their times, and the clips as links.
    ///
    /// - Parameter clips: relative links, one a scene; empty for none.
    public static func html(_ file: VideoFile, _ plan: ScenePlan, clips: [String] = [], _ monitor: Monitor? = nil)
        throws -> String
    {
        let title = HTML.escaped(Path.name(file.path))
        var rows = ""
        for (place, scene) in plan.scenes.enumerated() {
            try monitor?.checkpoint()
            let middle = scene.start + scene.duration / 2
            let picture = Data(try StillImage.jpeg.encode(try file.frame(at: middle, width: 240), quality: 80))
                .base64EncodedString()
            let link =
                clips.indices.contains(place)
                ? "<a href=\"\(HTML.escaped(clips[place]))\">\(HTML.escaped(Path.name(clips[place])))</a>" : ""
            let cells = [
                "\(place + 1)", "<img alt=\"\" src=\"data:image/jpeg;base64,\(picture)\">", link,
                "\(scene.startFrame)", Timecode.text(scene.start), "\(scene.endFrame)", Timecode.text(scene.end),
                "\(scene.frames)", Timecode.text(scene.duration),
            ]
            rows += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        let heads = ["#", "", "clip", "first frame", "start", "end frame", "end", "frames", "length"]
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Scenes of \(title)</title>
            <style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:4px 10px;\
            border-bottom:1px solid #ccc;text-align:left}img{display:block}</style></head><body>
            <h1>\(title)</h1>
            <p>\(plan.scenes.count) scenes, \(file.width)x\(file.height), \((file.fps * 100).rounded() / 100) pictures a second</p>
            <table><tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr>
            \(rows)</table></body></html>

            """
    }
}
