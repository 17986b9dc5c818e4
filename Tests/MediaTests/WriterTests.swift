import Base
import Glibc
import Testing
@testable import Media

@Suite struct WriterTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    /// A smooth picture that moves.
    private func picture(_ width: Int, _ height: Int, _ step: Int = 0) -> Frame {
        let pixels = (0..<width * height).flatMap { place -> [UInt8] in
            let x = place % width, y = place / width
            return [UInt8((x * 3 + step * 5) % 256), UInt8(y * 2 % 256), UInt8((x + y) % 256)]
        }
        return Frame(width: width, height: height, pixels: pixels)
    }

    @Test func `a video comes back with its size, rate, count and colours`() throws {
        let path = fixture.path("out.mp4"), frames = (0..<9).map { picture(64, 48, $0) }
        try VideoWriter.write(frames, to: path, .init(rate: Rational(24000, 1001), crf: 4))
        let file = try VideoFile(path)
        #expect((file.width, file.height) == (64, 48))
        #expect(file.averageRate == Rational(24000, 1001) && !file.isVariableRate)
        #expect(try file.countFrames().value == 9)
        #expect(file.codec == "h264" && file.pixelFormat == "yuv420p")
        for (a, b) in zip(try file.frames(first: 9), frames) { #expect(difference(a, b).mean < 3) }
        #expect(try Files.list(fixture.folder) == ["out.mp4"])
    }
    @Test func `the same pictures give the same file, whatever lies in memory`() throws {
        let path = fixture.path("out.mp4"), frames = (0..<16).map { picture(64, 64, $0 * 7) }
        typealias Function = @convention(c) (Int32, Int32) -> Int32
        let mallopt = unsafeBitCast(try #require(dlsym(nil, "mallopt")), to: Function.self), perturb: Int32 = -6
        var files: Set<[UInt8]> = []
        for value in [0, 1, 170, 255] {
            // The C library fills memory that it hands out with the complement.
            #expect(mallopt(perturb, Int32(value)) == 1)
            try VideoWriter.write(frames, to: path, .init(rate: Rational(24)))
            files.insert(try Files.read(path))
        }
        #expect(mallopt(perturb, 0) == 1 && files.count == 1)
    }
    @Test(arguments: [(1, 1), (17, 33), (64, 31)]) func `odd sides get their last column or row twice`(
        width: Int, height: Int
    )
        throws
    {
        let path = fixture.path("odd.mp4"), frame = picture(width, height)
        try VideoWriter.write([frame], to: path, .init(rate: Rational(25), crf: 0))
        let file = try VideoFile(path)
        #expect((file.width, file.height) == (width + width % 2, height + height % 2))
        let back = try file.frame()
        let last = (height - 1) * file.width + width - 1
        for channel in 0..<3 {
            #expect(
                abs(Int(back.pixels[last * 3 + channel]) - Int(frame.pixels[(width * height - 1) * 3 + channel])) < 24)
        }
    }
    @Test func `a failure in the middle leaves no file`() throws {
        let path = fixture.path("out.mp4")
        #expect(throws: Cancelled.self) {
            try VideoWriter.write(to: path, .init(rate: Rational(25))) { writer in
                try writer.append(picture(64, 48))
                throw Cancelled()
            }
        }
        #expect(throws: MediaError.self) { try VideoWriter.write([], to: path, .init(rate: Rational(25))) }
        let other = [picture(64, 48), picture(32, 48)]
        #expect(throws: MediaError.self) { try VideoWriter.write(other, to: path, .init(rate: Rational(25))) }
        #expect(try Files.list(fixture.folder).isEmpty)
    }
    @Test func `wrong options and folders are named`() throws {
        func error(_ path: String, _ options: VideoWriter.Options) -> (any UserError)? {
            do { try VideoWriter.write([picture(16, 16)], to: path, options) } catch let error as any UserError {
                return error
            } catch {}
            return nil
        }
        #expect(error(fixture.path("a.mp4"), .init(rate: Rational(0)))?.key == "fps")
        #expect(error(fixture.path("a.mp4"), .init(rate: Rational(25), crf: 99))?.key == "crf")
        #expect(
            error(fixture.path("a.mp4"), .init(rate: Rational(25), preset: "fats"))?.description.contains("'fast'")
                == true)
        #expect(error(fixture.path("no/a.mp4"), .init(rate: Rational(25)))?.kind == "file.missing")
        #expect(error("/dev/full/a.mp4", .init(rate: Rational(25)))?.kind == "file.missing")
        #expect(throws: MediaError.self) { try StillImage.write(picture(8, 8), to: fixture.path("a.gif")) }
    }
    @Test func `stills come back: png exactly, jpeg nearly`() throws {
        for (width, height) in [(1, 1), (33, 17), (64, 64)] {
            let frame = picture(width, height)
            try StillImage.write(frame, to: fixture.path("a.png"))
            #expect(try VideoFile(fixture.path("a.png")).frame().pixels == frame.pixels)
            try StillImage.write(frame, to: fixture.path("a.jpg"))
            #expect(difference(try VideoFile(fixture.path("a.jpg")).frame(), frame).mean < 4)
        }
        let grey = Frame(width: 9, height: 5, channels: 1, pixels: (0..<45).map { UInt8($0 * 5) })
        try StillImage.write(grey, to: fixture.path("g.png"))
        #expect(try VideoFile(fixture.path("g.png")).frame().pixels == grey.pixels.flatMap { [$0, $0, $0] })
    }
}
