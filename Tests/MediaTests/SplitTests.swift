import Base
import Glibc
import Testing
@testable import Media

@Suite struct SplitTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private static let folder = Path.join(Path.folder(#filePath), "Fixtures")

    private func plan(_ file: VideoFile, _ change: (inout SceneOptions) -> Void = { _ in }) throws -> ScenePlan {
        var options = SceneOptions()
        change(&options)
        return try ScenePlan(SceneScanner.scan(file), options)
    }
    private func pictures(_ path: String) throws -> [Frame] { try VideoFile(path).frames(first: 100_000) }

    /// Every clip has exactly its scene's pictures: counts equal, first and last alike (PSNR above 40 dB).
    private func expectFaithful(_ file: VideoFile, _ clips: [SceneSplitter.Clip]) throws {
        let source = try file.frames(first: 100_000)
        for clip in clips {
            let frames = try pictures(clip.path)
            #expect(frames.count == clip.scene.frames, "\(clip.path)")
            for (a, b) in [(frames.first, clip.scene.startFrame), (frames.last, clip.scene.endFrame - 1)] {
                guard let a, source.indices.contains(b) else {
                    Issue.record("no picture")
                    continue
                }
                let error = zip(a.pixels, source[b].pixels).reduce(0) {
                    $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1))
                }
                let ratio = 10 * log10(255 * 255 * Double(a.pixels.count) / Double(max(error, 1)))
                #expect(ratio > 40, "\(clip.path) \(b): \(ratio) dB")
            }
        }
    }

    @Test(arguments: ["scenes.mp4", "vfr.mp4"]) func `clips hold exactly their scenes`(name: String) throws {
        let file = try VideoFile(Path.join(Self.folder, name))
        let plan = try plan(file)
        var options = SceneSplitter.Options()
        options.crf = 1
        let clips = try SceneSplitter.split(file, plan, into: fixture.path("out"), options)
        #expect(clips.count == 4 - (name == "vfr.mp4" ? 0 : -1))
        #expect(clips.map { Path.name($0.path) }.first == "\(Path.stem(name))-Scene-001.mp4")
        try expectFaithful(file, clips)
        for clip in clips {
            let written = try VideoFile(clip.path)
            #expect(abs(written.duration - clip.scene.duration) < 0.09, "\(written.duration) \(clip.scene.duration)")
            if name == "scenes.mp4" { #expect(written.averageRate == Rational(25)) }
        }
    }
    @Test func `sound is kept and cut to the scene`() throws {
        // A tone that changes pitch at each second, and a picture that changes there too.
        let path = try fixture.make(
            "tone.mp4",
            "-f lavfi -i color=red:s=64x48:r=25:d=1 -f lavfi -i color=blue:s=64x48:r=25:d=1 -f lavfi -i sine=d=2:r=44100 "
                + "-filter_complex [0][1]concat -pix_fmt yuv420p -c:a aac")
        let file = try VideoFile(path)
        let clips = try SceneSplitter.split(file, plan(file), into: fixture.path("out"))
        #expect(clips.count == 2)
        for clip in clips {
            let written = try VideoFile(clip.path)
            #expect(written.hasAudio && written.frames.value == 25)
            let wave = try fixture.make("a.raw", "-i \(clip.path) -vn -f s16le -ac 1 -ar 44100")
            #expect(abs((Files.size(wave) ?? 0) / 2 - 44100) < 2200)
        }
    }
    @Test func `a stopped split goes on where it stopped, another plan starts anew`() throws {
        let file = try VideoFile(Path.join(Self.folder, "scenes.mp4")), out = fixture.path("out")
        let plan = try plan(file)
        let monitor = Monitor(poll: { (try? Files.list(out))?.contains("scenes-Scene-002.mp4") == true })
        #expect(throws: Cancelled.self) { try SceneSplitter.split(file, plan, into: out, .init(), monitor) }
        #expect(try Files.list(out) == [".scenes", "scenes-Scene-001.mp4", "scenes-Scene-002.mp4"])
        let clips = try SceneSplitter.split(file, plan, into: out)
        #expect(clips.map(\.isNew) == [false, false, true, true, true])
        #expect(try SceneSplitter.split(file, plan, into: out).allSatisfy { !$0.isNew })
        let other = try self.plan(file) { ($0.threshold, $0.minSceneLength) = (8, .frames(5)) }
        #expect(other != plan)
        #expect(try SceneSplitter.split(file, other, into: out).allSatisfy(\.isNew))
    }
    @Test func `a copy is cut at key frames and loses nothing`() throws {
        let path = try fixture.make("keys.mp4", "-i \(Path.join(Self.folder, "scenes.mp4")) -g 10 -bf 2 -crf 20")
        let file = try VideoFile(path)
        var options = SceneSplitter.Options()
        options.copy = true
        let clips = try SceneSplitter.split(file, plan(file), into: fixture.path("out"), options)
        #expect(clips.count == 5)
        let source = try file.frames(first: 1000)
        let all = try clips.flatMap { try pictures($0.path) }
        #expect(all.count == source.count)
        #expect(zip(all, source).allSatisfy { $0.pixels == $1.pixels })
    }
    @Test func `rotated, odd-sized and ten-bit videos are split upright and whole`() throws {
        let source = Path.join(Self.folder, "scenes.mp4")
        for (name, options, format) in [
            ("turned.mp4", "-c copy -metadata:s:v rotate=90", "yuv420p"),
            ("odd.mkv", "-vf scale=321:181 -pix_fmt yuv444p", "yuv420p"),
            ("ten.mkv", "-pix_fmt yuv420p10le -crf 20", "yuv420p10le"),
        ] {
            let file = try VideoFile(fixture.make(name, "-i \(source) -t 2 \(options)"))
            let clips = try SceneSplitter.split(file, plan(file), into: fixture.path("out"))
            let written = try VideoFile(try #require(clips.first).path)
            #expect((written.width, written.height) == (file.width + file.width % 2, file.height + file.height % 2))
            #expect(written.rotation == 0 && written.pixelFormat == format)
            let (a, b) = (try written.frame(), try file.frame())
            if a.width == b.width { #expect(difference(a, b).mean < 6, "\(name)") }
        }
    }
    @Test func `a folder that cannot be made is named`() throws {
        let file = try VideoFile(Path.join(Self.folder, "scenes.mp4")), plan = try plan(file)
        try AtomicFile.write("", to: fixture.path("taken"))
        #expect(throws: FileError.self) { try SceneSplitter.split(file, plan, into: fixture.path("taken")) }
    }
}
