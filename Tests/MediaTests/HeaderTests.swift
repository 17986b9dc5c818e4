import Base
import CMedia
import Testing
@testable import Media

/// Files whose headers say what cannot be, or nothing.
@Suite struct HeaderTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private static let source = "-f lavfi -i testsrc2=s=64x48:r=24:d=2"

    /// A Matroska file whose video track says that a picture lasts so many nanoseconds.
    private func lasting(_ nanoseconds: Int, _ path: String) throws -> VideoFile {
        var bytes = try Files.read(path)
        // DefaultDuration is element 23E383 (RFC 9559), written with as many bytes as it needs.
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x23, 0xE3, 0x83]) })
        let count = Int(bytes[place + 3] & 0x7F)
        for byte in 0..<count { bytes[place + 4 + byte] = UInt8(nanoseconds >> (8 * (count - 1 - byte)) & 0xFF) }
        try AtomicFile.write(bytes, to: path)
        return try VideoFile(path)
    }

    /// With alternate reference pictures, which are coded and not shown; only a second pass makes them.
    private func hidden(_ name: String, _ encoder: String) throws -> String {
        let how = "-f lavfi -i testsrc2=s=160x96:r=24:d=3 -c:v \(encoder) -auto-alt-ref 1 -lag-in-frames 16 -cpu-used 4"
        for pass in 1...2 {
            try fixture.make(
                name, "\(how) -b:v 200k -pix_fmt yuv420p -pass \(pass) -passlogfile \(fixture.path("log"))")
        }
        return fixture.path(name)
    }
    @Test(arguments: ["libvpx", "libvpx-vp9"]) func `packets that nobody is shown do not count`(encoder: String) throws
    {
        var path = try hidden("a.webm", encoder)
        // As some writers have them: each picture in a packet of its own.
        if encoder == "libvpx-vp9" {
            path = try fixture.make("a.nut", "-i \(path) -c copy -bsf:v vp9_superframe_split")
        }
        let input = try MediaInput(path)
        var packet = av_packet_alloc(), packets = 0
        defer { av_packet_free(&packet) }
        while av_read_frame(input.context, packet) >= 0 {
            packets += 1
            av_packet_unref(packet)
        }
        let again = try MediaInput(path)
        var times = StreamTimes(again, try again.videoStream())
        times.read()
        #expect(packets > 72 && times.count == 72 && abs(times.meanRate - 24) < 0.1)
        #expect(try VideoFile(path).countFrames().value == 72)
    }
    @Test func `a header of a thousand is not believed beside packets that nobody is shown`() throws {
        let path = try hidden("a.webm", "libvpx")
        let file = try lasting(1_000_000, path)
        #expect(file.averageRate == Rational(24) && file.frames.value == 72 && !file.isVariableRate)
    }
    @Test(arguments: [
        ("a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("b.webm", "-c:v libvpx -deadline realtime"), ("c.mkv", "-c:v libx264 -bf 2"),
    ]) func `a header of a thousand pictures a second is not believed`(name: String, encoder: String) throws {
        let file = try lasting(1_000_000, fixture.make(name, "\(Self.source) \(encoder) -pix_fmt yuv420p"))
        #expect(file.averageRate == Rational(24) && file.disbelievedRate == Rational(1000))
        #expect(!file.isVariableRate && !file.isRateGuessed)
        #expect(file.frames.value == 48 && abs(file.duration - 2) < 0.01)
        #expect(try file.countFrames().value == 48)
    }
    @Test func `a header that is wrong by less is not believed either, a right one is`() throws {
        let twice = try lasting(20_833_333, fixture.make("a.mkv", "\(Self.source) -c:v libx264"))
        #expect(twice.averageRate == Rational(24) && twice.frames.value == 48)
        let right = try VideoFile(fixture.make("b.mkv", "-f lavfi -i testsrc2=s=64x48:r=30000/1001:d=2 -c:v libx264"))
        #expect(right.averageRate == Rational(30000, 1001) && right.disbelievedRate == nil)
    }
    @Test func `slow motion keeps its rate`() throws {
        let file = try VideoFile(
            fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=480:d=0.5 -pix_fmt yuv420p -g 30"))
        #expect(file.averageRate == Rational(480) && file.frames.value == 240)
    }
    @Test func `a recording without a length is as long as its packets say`() throws {
        let file = try VideoFile(
            fixture.make("a.webm", "\(Self.source) -c:v libvpx -deadline realtime -live 1 -f webm"))
        #expect(file.frames.value == 48 && file.frames.description == "~48" && file.isDurationKnown)
        #expect(abs(file.duration - 2) < 0.01 && file.averageRate == Rational(24))
        let stream = try VideoFile(fixture.make("a.h264", "\(Self.source) -pix_fmt yuv420p"))
        #expect(stream.frames.value == 48 && abs(stream.duration - 48 / stream.fps) < 0.001)
    }
    @Test func `sound or subtitles that last longer do not make pictures`() throws {
        let file = try VideoFile(
            fixture.make("a.mkv", "\(Self.source) -f lavfi -i sine=d=9 -c:v libx264 -pix_fmt yuv420p"))
        #expect(file.frames.value == 48 && abs(file.duration - 2) < 0.01)
    }
    @Test func `what an edit list leaves out does not count for the rate`() throws {
        let whole = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=24:d=4 -pix_fmt yuv420p -g 96 -bf 0")
        let file = try VideoFile(fixture.make("b.mp4", "-ss 2 -i \(whole) -c copy"))
        #expect(file.frames.value == 48 && file.averageRate == Rational(24) && !file.isVariableRate)
        #expect(try file.countFrames().value == 48)
    }
    @Test func `a length that nothing tells is a question mark`() throws {
        let path = try fixture.make(
            "a.mp4", "\(Self.source) -pix_fmt yuv420p -movflags frag_keyframe+empty_moov+default_base_moof -g 12")
        let bytes = try Files.read(path), moof = Array("moof".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: moof) })
        try AtomicFile.write(Array(bytes[..<(place - 4)]), to: path)
        let file = try VideoFile(path)
        #expect(file.frames.description == "?" && !file.isDurationKnown)
        #expect(throws: MediaError.self) { try file.requirePicture() }
    }

    // MARK: Pixels that are not square

    @Test func `pictures come out with square pixels`() throws {
        // A circle of 704x576 with 16:11 is one of 1024x576: PAL, as PySceneDetect's issue 195 has it.
        let circle = "geq=lum=if(lt(hypot((X-352)*16/11\\,Y-288)\\,200)\\,235\\,16):cb=128:cr=128"
        let file = try VideoFile(
            fixture.make(
                "a.mp4", "-f lavfi -i nullsrc=s=704x576:r=5:d=0.4 -vf \(circle),setsar=16/11 -pix_fmt yuv420p -crf 4"))
        #expect((file.width, file.height) == (1024, 576) && (file.codedWidth, file.codedHeight) == (704, 576))
        let frame = try file.frame()
        func isLight(_ x: Int, _ y: Int) -> Bool { frame.pixels[(y * frame.width + x) * 3] > 128 }
        let across = (0..<frame.width).count { isLight($0, 288) }, down = (0..<frame.height).count { isLight(512, $0) }
        #expect(abs(across - down) <= 3 && abs(down - 400) <= 2, "\(across)x\(down)")
        #expect(try file.frame(at: 0, width: 512).height == 288)

        let clips = try SceneSplitter.split(file, ScenePlan(SceneScanner.scan(file)), into: fixture.path("out"))
        let written = try VideoFile(try #require(clips.first).path)
        #expect((written.width, written.height, written.codedWidth) == (1024, 576, 1024))
        #expect(written.sampleAspect == Rational(1))
    }
    @Test func `a turned picture is stretched along the side that was`() throws {
        let base = try fixture.make("a.mp4", "-f lavfi -i testsrc2=s=64x48:r=5:d=1,setsar=2/1 -pix_fmt yuv420p")
        let file = try VideoFile(fixture.make("b.mp4", "-i \(base) -c copy -metadata:s:v rotate=90"))
        #expect((file.width, file.height) == (48, 128) && (file.codedWidth, file.codedHeight) == (48, 64))
        let frame = try file.frame()
        #expect((frame.width, frame.height) == (48, 128))
    }
    @Test func `pixels that are all but square are left alone`() throws {
        let file = try VideoFile(
            fixture.make("a.mp4", "-f lavfi -i testsrc2=s=854x480:r=5:d=0.4,setsar=1280/1281 -pix_fmt yuv420p"))
        #expect((file.width, file.height) == (854, 480) && !file.isStretched)
    }

    // MARK: Encryption

    @Test func `what is encrypted is said to be, and no rubbish is read from it`() throws {
        let path = try fixture.make(
            "a.mp4",
            "\(Self.source) -pix_fmt yuv420p -encryption_scheme cenc-aes-ctr "
                + "-encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8")
        let file = try VideoFile(path)
        #expect(file.isEncrypted)
        for read in [
            { try file.requirePicture() }, { _ = try file.frame() }, { _ = try file.countFrames() },
            { _ = try SceneScanner.scan(file) },
        ] {
            let error = #expect(throws: MediaError.self) { try read() }
            #expect(error?.kind == "media.encrypted" && error?.isOfItsFile == true)
        }
    }
}
