import Base
import Glibc
import Media
import Testing

@testable import Workbench

/// Four scenes of 12 frames, each a grey of its own: four at threshold 27, and two at 60. What a clip shows is what its
/// caption has to say.
struct GreyVideos: Sendable {
    static let greys = [100, 0, 255, 150]
    let folder: TemporaryFolder

    init(_ names: String...) throws {
        folder = try TemporaryFolder()
        for name in names { try video(name) }
    }
    func video(_ name: String, greys: [Int] = Self.greys, frames: Int = 12) throws {
        try Files.makeFolder(Path.folder(folder[name]))
        let inputs = greys.enumerated().map { place, grey in
            let hex = String(grey, radix: 16), pair = hex.count == 1 ? "0" + hex : hex
            return "color=0x\(pair)\(pair)\(pair):s=32x32:r=24,trim=end_frame=\(frames)[v\(place)]"
        }
        let graph = inputs.joined(separator: ";") + ";" + greys.indices.map { "[v\($0)]" }.joined()
        try folder.run([
            "-filter_complex", graph + "concat=n=\(greys.count)", "-pix_fmt", "yuv420p", folder[name],
        ])
    }
    func options(_ threshold: Double, _ change: (inout SplitOptions) -> Void = { _ in }) -> SplitOptions {
        var options = SplitOptions()
        (options.scene.threshold, options.scene.minSceneLength) = (threshold, .frames(5))
        change(&options)
        return options
    }
    @discardableResult
    func split(
        _ threshold: Double, _ monitor: Monitor = Monitor(), _ change: (inout SplitOptions) -> Void = { _ in }
    ) throws -> Dataset {
        try Dataset.open(folder.path).split(options(threshold, change), monitor: monitor)
    }
    var scenes: Dataset { get throws { try Dataset.open(folder["scenes"]) } }

    /// `"12 frames of 255"`.
    static func text(_ clip: Clip) throws -> String {
        let file = try VideoFile(clip.path), frame = try file.frame(at: 0)
        let level = Int(frame.pixels[0]), grey = greys.min { abs($0 - level) < abs($1 - level) }
        return "\(Int(file.frames.value)) frames of \(grey ?? -1)"
    }
    /// The scenes at a threshold, each saying what it shows, with their captions in a format.
    func captioned(_ threshold: Double, _ format: String) throws -> Dataset {
        var scenes = try split(threshold)
        if format != "captions.json" {
            try scenes.close()
            unlink(folder["scenes/captions.json"])
            if format == "sidecars" { try folder.write("x\n", to: "scenes/a-Scene-001.txt") }
            if format == "captions.csv" { try folder.write("caption,media_path\n", to: "scenes/captions.csv") }
            scenes = try self.scenes
        }
        try caption(scenes)
        return scenes
    }
    /// Says of each clip what it shows.
    func caption(_ scenes: Dataset) throws { for clip in scenes.clips { try clip.setCaption(Self.text(clip)) } }
    func isTrue(_ clip: Clip) throws -> Bool { try clip.caption == Self.text(clip) }

    /// No clip that is there has another scene's caption.
    func expectNoLies(_ place: String) throws {
        guard Files.isFolder(folder["scenes"]), let scenes = try? scenes else { return }
        for clip in scenes.clips where clip.caption != nil && Files.exists(clip.path) {
            let shown = try Self.text(clip)
            if clip.caption != shown {
                Issue.record("\(place): \(clip.name) shows \(shown), says \(clip.caption ?? "")")
            }
        }
    }
    /// Every clip says what it shows, and no other file is left over.
    func expectAll(_ count: Int, _ place: String) throws {
        let scenes = try scenes
        #expect(scenes.count == count, "\(place): \(scenes.clips.map(\.description))")
        for clip in scenes.clips where try !isTrue(clip) { Issue.record("\(place): \(clip)") }
        let left = try folder.names("scenes").filter { $0.contains(".tmp") }
        #expect(left.isEmpty, "\(place)")
    }
}
