import Base
import Glibc
import Testing
@testable import Media

/// Files whose headers say what cannot be, or nothing.
@Suite struct HeaderTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private static let source = "-f lavfi -i testsrc2=s=64x48:r=24:d=2"

    /// A Matroska file whose video track says that a picture lasts so many nanoseconds.
    private func lasting(_ nanoseconds: Int, _ name: String, _ arguments: String) throws -> VideoFile {
        let path = try fixture.make(name, arguments)
        var bytes = try Files.read(path)
        // DefaultDuration is element 23E383 (RFC 9559), written with as many bytes as it needs.
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x23, 0xE3, 0x83]) })
        let count = Int(bytes[place + 3] & 0x7F)
        for byte in 0..<count { bytes[place + 4 + byte] = UInt8(nanoseconds >> (8 * (count - 1 - byte)) & 0xFF) }
        try AtomicFile.write(bytes, to: path)
        return try VideoFile(path)
    }

    @Test(arguments: [
        ("a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        // With alternate reference pictures, which are packets and are not shown.
        ("b.webm", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 200k -g 48"), ("c.mkv", "-c:v libx264 -bf 2"),
    ]) func `a header of a thousand pictures a second is not believed`(name: String, encoder: String) throws {
        let file = try lasting(1_000_000, name, "\(Self.source) \(encoder) -pix_fmt yuv420p")
        #expect(file.averageRate == Rational(24) && file.disbelievedRate == Rational(1000))
        #expect(!file.isVariableRate && !file.isRateGuessed)
        #expect(file.frames.value == 48 && abs(file.duration - 2) < 0.01)
        #expect(try file.countFrames().value == 48)
    }
    @Test func `a header that is wrong by less is not believed either, a right one is`() throws {
        let twice = try lasting(20_833_333, "a.mkv", "\(Self.source) -c:v libx264")
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
