import Base
import Testing
@testable import Media

@Suite struct ImageTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private let picture = "-f lavfi -i testsrc2=s=48x32:r=1:d=1,format=rgb24 -frames:v 1"

    @Test func `jpeg, png and webp are one picture each, whatever the name says`() throws {
        let raw = try fixture.make("raw.rgb", "\(picture) -f rawvideo -pix_fmt rgb24")
        let expected = Frame(width: 48, height: 32, pixels: try Files.read(raw))
        for (name, options, most) in [
            ("a.png", "-c:v png -pix_fmt rgb24 -f image2", 0.5), ("b.webp", "-c:v libwebp -lossless 1 -f image2", 4.0),
            ("c.jpg", "-c:v mjpeg -q:v 1 -pix_fmt yuvj444p -f image2", 4),
            ("d.mp4", "-c:v png -pix_fmt rgb24 -f image2", 0.5),
            ("e.bmp", "-c:v bmp -f image2", 0.5), ("f.tiff", "-c:v tiff -pix_fmt rgb24 -f image2", 0.5),
        ] {
            let file = try VideoFile(fixture.make(name, "\(picture) \(options)"))
            #expect(file.isImage && file.frames == FrameCount(1, isExact: true) && file.fps == 1 && file.duration == 0)
            let frames = try file.frames(first: 5)
            #expect(frames.count == 1)
            #expect(difference(frames[0], expected).mean < most, "\(name)")
        }
    }
    @Test(arguments: 1...8) func `EXIF orientation turns the picture upright`(orientation: Int) throws {
        // The stored 2×… picture of four coloured quarters, and where each must go, from the EXIF table.
        let path = try fixture.make(
            "o.jpg",
            "-f lavfi -i color=red:s=32x16 -vf drawbox=x=16:w=16:h=8:c=green:t=fill,drawbox=y=8:w=16:h=8:c=blue:t=fill,"
                + "drawbox=x=16:y=8:w=16:h=8:c=white:t=fill -frames:v 1 -q:v 1 -pix_fmt yuvj444p")
        let tiff: [UInt8] = [
            0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0, 0, 0, 0, 0,
        ]
        let exif = Array("Exif\0\0".utf8) + tiff
        let segment: [UInt8] = [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
        let bytes = try Files.read(path)
        try AtomicFile.write(bytes[..<2] + segment + bytes[2...], to: path)

        let file = try VideoFile(path), frame = try file.frame()
        #expect((file.width, file.height) == (orientation >= 5 ? (16, 32) : (32, 16)))
        func name(_ x: Int, _ y: Int) -> Character {
            let at = (y * frame.width + x) * 3
            let (r, g, b) = (frame.pixels[at] > 100, frame.pixels[at + 1] > 80, frame.pixels[at + 2] > 100)
            return r && g && b ? "w" : r ? "r" : g ? "g" : "b"
        }
        let right = frame.width - 4, bottom = frame.height - 4
        let corners = String([name(3, 3), name(right, 3), name(3, bottom), name(right, bottom)])
        #expect(corners == ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"][orientation - 1])
    }
    @Test func `a colour profile of a wider gamut is converted to sRGB`() throws {
        // Adobe RGB (1998) as a profile of three matrix columns and gamma 563/256.
        var profile = [UInt8](repeating: 0, count: 128)
        profile.replaceSubrange(8..<24, with: [2, 0x40, 0, 0] + Array("mntrRGB XYZ ".utf8))
        profile.replaceSubrange(36..<40, with: "acsp".utf8)
        func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        let columns: [(String, [Double])] = [
            ("rXYZ", [0.60974, 0.31111, 0.01947]), ("gXYZ", [0.20528, 0.62567, 0.06087]),
            ("bXYZ", [0.14919, 0.06322, 0.74457]),
        ]
        let start = 128 + 4 + 6 * 12
        profile += big(6)
        for (place, (name, _)) in columns.enumerated() {
            profile += Array(name.utf8) + big(start + place * 20) + big(20)
        }
        for name in ["rTRC", "gTRC", "bTRC"] { profile += Array(name.utf8) + big(start + 60) + big(14) }
        for (_, values) in columns {
            profile += Array("XYZ ".utf8) + big(0) + values.flatMap { big(Int(($0 * 65536).rounded())) }
        }
        profile += Array("curv".utf8) + big(0) + big(1) + [2, 51]
        profile.replaceSubrange(0..<4, with: big(profile.count))
        let conversion = try #require(ColorProfile(profile))
        var pixels: [UInt8] = [128, 128, 128, 219, 0, 0, 100, 150, 200, 255, 255, 255]
        #expect(conversion.apply(to: &pixels))
        // Pillow's profileToProfile; versions of littleCMS may round the other way.
        let expected: [UInt8] = [129, 129, 129, 255, 0, 0, 66, 151, 203, 255, 255, 255]
        for (a, b) in zip(pixels, expected) { #expect(abs(Int(a) - Int(b)) <= 1, "\(pixels)") }
        #expect(ColorProfile(Array(profile.prefix(150))) == nil)
    }
    /// The profile and the golden values are made by Tests/Fixtures/make_icc_profile.py.
    @Test func `a colour profile of tables is converted to sRGB, and an image carries it there`() throws {
        let profile = try Files.read(Path.join(Path.folder(#filePath), "Fixtures/tables.icc"))
        let conversion = try #require(ColorProfile(profile))
        var pixels: [UInt8] = [128, 128, 128, 219, 0, 0, 100, 150, 200, 255, 255, 255, 10, 200, 60]
        #expect(conversion.apply(to: &pixels))
        let expected: [UInt8] = [113, 116, 125, 135, 0, 0, 113, 128, 180, 255, 255, 255, 3, 131, 61]
        for (a, b) in zip(pixels, expected) { #expect(abs(Int(a) - Int(b)) <= 1, "\(pixels)") }

        let path = try fixture.make("p.jpg", "-f lavfi -i color=0x6496c8:s=32x32 -frames:v 1 -q:v 1 -pix_fmt yuvj444p")
        try insert(profile, into: path)
        let frame = try VideoFile(path).frame()
        for (a, b) in zip(frame.pixels, [113, 128, 180] as [UInt8]) { #expect(abs(Int(a) - Int(b)) <= 3) }
    }
    @Test func `a profile that cannot be applied is a remark, and the picture stays as it is`() throws {
        let path = try fixture.make("p.jpg", "-f lavfi -i color=0x6496c8:s=32x32 -frames:v 1 -q:v 1 -pix_fmt yuvj444p")
        let plain = try VideoFile(path).frame()
        #expect(try VideoFile(path).imageRemarks().isEmpty)
        var profile = try Files.read(Path.join(Path.folder(#filePath), "Fixtures/tables.icc"))
        profile.replaceSubrange(16..<20, with: "CMYK".utf8)
        try insert(profile, into: path)
        #expect(try VideoFile(path).frame().pixels == plain.pixels)
        #expect(
            try VideoFile(path).imageRemarks()
                == ["its CMYK colour profile is not applied; save it as an sRGB image for true colours"])
    }
    @Test(arguments: ["jpg", "png", "webp", "bmp", "tiff"]) func `half an image is an error, not half a picture`(
        kind: String
    ) throws {
        let path = try fixture.make("whole.\(kind)", "\(picture) -f image2")
        #expect(throws: Never.self) { try VideoFile(path).frame() }
        let bytes = try Files.read(path), cut = fixture.path("cut.\(kind)")
        try AtomicFile.write(Array(bytes.prefix(bytes.count * 2 / 3)), to: cut)
        let error = #expect(throws: MediaError.self) { try VideoFile(cut).frame() }
        #expect(error?.kind == "media.unreadable" && error?.path == cut)
    }

    /// Puts an ICC profile into a JPEG file (ICC.1, annex B.4: one APP2 segment).
    private func insert(_ profile: [UInt8], into path: String) throws {
        let body = Array("ICC_PROFILE\0".utf8) + [1, 1] + profile, length = body.count + 2
        let segment: [UInt8] = [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 255)] + body
        let bytes = try Files.read(path)
        try AtomicFile.write(bytes[..<2] + segment + bytes[2...], to: path)
    }
}
