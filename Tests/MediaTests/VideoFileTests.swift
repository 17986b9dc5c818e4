import Base
import Testing
@testable import Media

@Suite struct VideoFileTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    @Test func `a plain clip says what it is`() throws {
        let path = try fixture.make(
            "a.mp4", "-f lavfi -i testsrc2=s=96x64:r=30000/1001:d=1 -f lavfi -i sine=d=1 -pix_fmt yuv420p -c:a aac")
        let file = try VideoFile(path)
        #expect((file.width, file.height) == (96, 64))
        #expect(file.averageRate == Rational(30000, 1001))
        #expect(file.frames == FrameCount(30, isExact: false))
        #expect(try file.countFrames() == FrameCount(30, isExact: true))
        #expect(abs(file.duration - 1.001) < 0.01)
        #expect(file.codec == "h264" && file.pixelFormat == "yuv420p" && file.bitDepth == 8)
        #expect(file.hasAudio && !file.isVariableRate && !file.isInterlaced && !file.isImage && file.rotation == 0)
        #expect(file.bytes == Files.size(path))
    }
    @Test func `pictures have the values that ffmpeg gives`() throws {
        let path = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=96x64:r=10:d=1 -pix_fmt yuv420p")
        let raw = try fixture.make("a.rgb", "-i \(path) -f rawvideo -pix_fmt rgb24")
        let frames = try VideoFile(path).frames(first: 100)
        #expect(frames.count == 10)
        #expect(frames.map(\.index) == Array(0..<10))
        #expect(frames.map { ($0.time * 10).rounded() } == (0..<10).map(Double.init))
        #expect(try frames.flatMap(\.pixels) == Files.read(raw))
    }
    @Test func `BT 709 and full range are respected`() throws {
        for (name, tags) in [
            (
                "hd.mp4",
                "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -colorspace bt709 -color_range tv"
            ),
            (
                "full.mp4",
                "-vf scale=out_color_matrix=bt601:out_range=pc,format=yuv420p -colorspace smpte170m -color_range pc"
            ),
        ] {
            let path = try fixture.make(name, "-f lavfi -i color=c=0xC02010:s=64x64:r=5:d=0.4 \(tags) -qp 1")
            let pixels = try VideoFile(path).frame().pixels
            #expect(
                abs(Int(pixels[0]) - 0xC0) <= 3 && abs(Int(pixels[1]) - 0x20) <= 3 && abs(Int(pixels[2]) - 0x10) <= 3)
        }
    }
    @Test(arguments: [90, 180, 270]) func `a rotated video is read upright`(degrees: Int) throws {
        // Left half red, right half blue, as stored.
        let plain = try fixture.make(
            "plain.mp4",
            "-f lavfi -i color=red:s=64x48:r=5:d=0.4 -vf drawbox=x=32:w=32:h=48:c=blue:t=fill -pix_fmt yuv420p")
        let path = try fixture.make("turned.mp4", "-i \(plain) -c copy -metadata:s:v rotate=\(degrees)")
        let reference = try fixture.make("turned.rgb", "-i \(path) -f rawvideo -pix_fmt rgb24 -frames:v 1")
        let file = try VideoFile(path), frame = try file.frame()
        #expect(file.rotation == 360 - degrees)  // the tag counts anticlockwise, we clockwise
        #expect((file.width, file.height) == (degrees == 180 ? (64, 48) : (48, 64)))
        let expected = Frame(width: file.width, height: file.height, pixels: try Files.read(reference))
        #expect(difference(frame, expected).mean < 2)
    }
    @Test func `reading from a time gives the picture shown then`() throws {
        let path = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=25:d=4 -pix_fmt yuv420p -g 50 -bf 2")
        let file = try VideoFile(path), all = try file.frames(first: 1000)
        #expect(all.count == 100)
        for (seconds, index) in [
            (0.0, 0), (0.04, 1), (0.05, 1), (1.999, 49), (2.0, 50), (3.96, 99), (3.99, 99), (9, 99),
        ] {
            #expect(try file.frame(at: seconds).pixels == all[index].pixels, "at \(seconds)")
        }
        var options = FrameReader.Options()
        (options.start, options.end, options.every) = (1, 2, 5)
        let reader = try FrameReader(file, options)
        var times: [Double] = []
        while let frame = try reader.next() { times.append(frame.time) }
        #expect(times.map { ($0 * 25).rounded() } == [25, 30, 35, 40, 45])
    }
    @Test func `a reader that is dropped ends its thread`() throws {
        let path = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=25:d=4 -pix_fmt yuv420p")
        let file = try VideoFile(path)
        for _ in 0..<20 { _ = try FrameReader(file).next() }
    }
    @Test func `a variable rate is seen, a fixed one with an odd last frame is not`() throws {
        let steady = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=24000/1001:d=2 -pix_fmt yuv420p")
        #expect(try !VideoFile(steady).isVariableRate)
        let path = try fixture.make(
            "b.mp4",
            "-f lavfi -i testsrc2=s=64x48:r=24:d=2 -vf select=not(eq(mod(n\\,7)\\,3)) -fps_mode vfr -pix_fmt yuv420p")
        #expect(try VideoFile(path).isVariableRate)
    }
    @Test(arguments: [
        ("whole.mp4", "-i {source} -c copy", 192), ("trimmed.mp4", "-ss 0.5 -i {source} -c copy", 180),
        ("middle.mp4", "-ss 0.5 -t 5 -i {source} -c copy", nil),
        ("fragments.mp4", "-i {source} -c copy -movflags frag_keyframe+empty_moov", 192),
        ("half-fragments.mp4", "-i {source} -c copy -movflags frag_keyframe", 192),
        (
            "varying.mp4", "-i {source} -vf select=not(eq(mod(n\\,7)\\,3)) -fps_mode vfr -bf 3 -pix_fmt yuv420p", nil
        ),
        ("b-frames.mp4", "-ss 1.3 -i {source} -c copy", nil), ("copy.mkv", "-ss 0.5 -i {source} -c copy", nil),
    ]) func `the estimate counts what is shown, not what an edit list leaves out`(
        name: String, arguments: String, expected: Int?
    ) throws {
        let source = try fixture.make(
            "source.mp4", "-f lavfi -i testsrc2=s=64x48:r=24:d=8 -pix_fmt yuv420p -g 48 -bf 2")
        let path = try fixture.make(name, arguments.replacing("{source}", with: source))
        let file = try VideoFile(path), counted = try file.readToEnd()
        #expect(counted.damage == 0)
        // Without an index the estimate is duration × rate, which may end within a picture.
        #expect(abs(file.frames.value - counted.frames.value) <= (name.hasSuffix("mkv") ? 2 : 0), "\(name)")
        if let expected { #expect(counted.frames.value == expected && file.frames.value == expected) }
    }
    @Test func `scaling happens on the way`() throws {
        let path = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=96x64:r=10:d=1 -pix_fmt yuv420p")
        let frame = try VideoFile(path).frame(at: 0, width: 48)
        #expect((frame.width, frame.height, frame.pixels.count) == (48, 32, 48 * 32 * 3))
    }
    @Test func `HDR is tone-mapped: diffuse white is light, black is black, ten bits are eight`() throws {
        for transfer in ["smpte2084", "arib-std-b67"] {
            let tags = "-color_trc \(transfer) -colorspace bt2020nc -color_primaries bt2020"
            // Code value 0.58 is 203 nits in PQ; 0.75 is that in HLG.
            let level = transfer == "smpte2084" ? 148 : 191
            let path = try fixture.make(
                "\(transfer).mkv",
                "-f lavfi -i color=black:s=64x64:r=5:d=0.4,format=gray,geq=lum=if(lt(X\\,32)\\,0\\,\(level)),"
                    + "format=rgb24,scale=out_color_matrix=bt2020nc:out_range=tv,format=yuv420p10le "
                    + "-c:v libx265 -x265-params log-level=none:qp=4 \(tags)"
            )
            let file = try VideoFile(path), frame = try file.frame()
            #expect(file.isHDR && file.bitDepth == 10)
            #expect(frame.pixels[0] < 6)
            let white = frame.pixels[(32 * 64 + 50) * 3..<(32 * 64 + 50) * 3 + 3]
            #expect(white.allSatisfy { 195...235 ~= $0 }, "\(transfer): \(Array(white))")
        }
    }
    @Test func `wrong files are refused with the reason`() throws {
        func kind(_ path: String) -> String? {
            do {
                _ = try VideoFile(path).frame()
                return nil
            } catch let error as any UserError {
                #expect(error.path == path && error.description.contains(path))
                return error.kind
            } catch { return "other" }
        }
        try AtomicFile.write("just a text\n", to: fixture.path("text.mp4"))
        try AtomicFile.write("", to: fixture.path("empty.mp4"))
        let sound = try fixture.make("sound.mp4", "-f lavfi -i sine=d=1 -c:a aac")
        #expect(kind(fixture.path("none.mp4")) == "file.missing")
        #expect(kind(fixture.path("text.mp4")) == "media.unreadable")
        #expect(kind(fixture.path("empty.mp4")) == "media.unreadable")
        #expect(kind(fixture.folder) == "media.unreadable")
        #expect(kind(sound) == "media.no_video")
    }
}
