import Base
import Testing
@testable import Media

/// Video that is coded in fields, against the ffmpeg command's own bwdif.
@Suite struct InterlacedTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    /// A second of 25 moving pictures in fields.
    private static let fields = "-f lavfi -i testsrc2=s=96x64:r=50:d=1 -vf tinterlace=4"

    @Test(arguments: [
        ("top.mpg", "\(fields) -r 25 -c:v mpeg2video -q:v 2 -flags +ildct+ilme"),
        ("bottom.mp4", "\(fields),setfield=bff -r 25 -pix_fmt yuv420p -x264-params bff=1:bframes=2"),
        ("ten.mkv", "\(fields) -r 25 -pix_fmt yuv422p10le -x264-params tff=1"),
    ]) func `pictures are what ffmpeg's bwdif makes of the fields`(name: String, arguments: String) throws {
        let path = try fixture.make(name, arguments), file = try VideoFile(path)
        let filter = "-vf bwdif=mode=send_frame:deint=interlaced"
        let raw = try fixture.make("a.rgb", "-i \(path) \(filter) -fps_mode passthrough -f rawvideo -pix_fmt rgb24")
        let woven = try fixture.make("b.rgb", "-i \(path) -fps_mode passthrough -f rawvideo -pix_fmt rgb24")
        let frames = try file.frames(first: 100), ours = frames.flatMap(\.pixels)
        #expect(file.isInterlaced && frames.count == 25)
        #expect(try ours == Files.read(raw))
        #expect(try ours != Files.read(woven))
        #expect(frames.map { ($0.time * 25).rounded() } == (0..<25).map(Double.init))
        #expect(try file.frame(at: 0.6).pixels == frames[15].pixels)
        #expect(try file.frame(at: .frames(24)).pixels == frames[24].pixels)
    }
    @Test func `fields that only the container tells of are seen`() throws {
        let path = try fixture.make(
            "a.mov", "\(Self.fields) -r 25 -pix_fmt yuv420p -c:v huffyuv -field_order tt -top 1")
        let raw = try fixture.make(
            "a.rgb", "-i \(path) -vf setfield=tff,bwdif=mode=send_frame -f rawvideo -pix_fmt rgb24")
        let file = try VideoFile(path)
        #expect(file.isInterlaced)
        #expect(try file.frames(first: 100).flatMap(\.pixels) == Files.read(raw))
    }
    @Test func `pictures that are whole stay as they are, where fields begin in the middle`() throws {
        let whole = try fixture.make("a.ts", "-f lavfi -i testsrc2=s=96x64:r=25:d=0.4 -c:v mpeg2video -q:v 2 -g 5")
        let fields = try fixture.make("b.ts", "\(Self.fields) -r 25 -c:v mpeg2video -q:v 2 -g 5 -flags +ildct+ilme")
        let path = fixture.path("both.ts")
        try AtomicFile.write(Files.read(whole) + Files.read(fields), to: path)
        let raw = try fixture.make(
            "a.rgb",
            "-i \(path) -vf bwdif=mode=send_frame:deint=interlaced -fps_mode passthrough -f rawvideo -pix_fmt rgb24")
        let ours = try VideoFile(path).frames(first: 100).flatMap(\.pixels)
        #expect(ours.count == 35 * 96 * 64 * 3)
        #expect(try ours == Files.read(raw))
    }
    @Test func `a size that changes between fields loses no picture`() throws {
        let small = try fixture.make("a.ts", "\(Self.fields) -r 25 -c:v mpeg2video -flags +ildct+ilme")
        let other = Self.fields.replacing("96x64", with: "64x48")
        let large = try fixture.make("b.ts", "\(other) -r 25 -c:v mpeg2video -flags +ildct+ilme")
        let path = fixture.path("both.ts")
        try AtomicFile.write(Files.read(small) + Files.read(large), to: path)
        let file = try VideoFile(path)
        let count = try file.countFrames().value
        #expect(try count > 40 && file.frames(first: 100).count == count)
    }
    @Test func `a clip of fields has whole pictures`() throws {
        let path = try fixture.make("a.mpg", "\(Self.fields) -r 25 -c:v mpeg2video -q:v 2 -flags +ildct+ilme")
        let file = try VideoFile(path), all = try file.frames(first: 100)
        var options = SceneSplitter.Options()
        options.crf = 1
        let plan = try ScenePlan(SceneScanner.scan(file), SceneOptions())
        let made = try SceneSplitter.split(file, plan, into: fixture.path("out"), options)
        let clip = try VideoFile(#require(made.first).path), frames = try clip.frames(first: 100)
        #expect(made.count == 1 && !clip.isInterlaced && frames.count == 25)
        for (a, b) in zip(frames, all) { #expect(difference(a, b).mean < 3) }
    }
}
