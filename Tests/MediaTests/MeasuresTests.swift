import Base
import Testing
@testable import Media

@Suite struct MeasuresTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private static let folder = Path.join(Path.folder(#filePath), "Fixtures")

    @Test(arguments: ["scenes.mp4", "vfr.mp4"]) func `measures are those of OpenCV and NumPy`(name: String) throws {
        let expected = try #require(Files.json(Path.join(Self.folder, "measures.json"))[name])
        let file = try VideoFile(Path.join(Self.folder, name)), found = try VideoMeasures(of: file)
        func isNear(_ value: Double, _ key: String, _ tolerance: Double) -> Bool {
            expected[key]?.number.map { abs($0 - value) <= tolerance * max(1, abs($0)) } ?? false
        }
        #expect(isNear(found.motion, "motion", 1e-6) && isNear(found.brightness, "brightness", 1e-6), "\(found)")
        #expect(isNear(found.sharpness, "sharpness", 1e-9), "\(found.sharpness)")
        #expect(found.repeated == expected["repeated"]?.integer)
        #expect(found.sound == nil && found.picture == nil)
        #expect(VideoMeasures(try JSON(parsing: found.json.compactText)) == found)
    }
    @Test(arguments: [
        ("160x90", "160:128:0:18", PictureRegion(left: 0, top: 18, width: 160, height: 90)),
        ("96x96", "160:96:32:0", PictureRegion(left: 32, top: 0, width: 96, height: 96)),
        ("1280x536", "1280:720:0:92", PictureRegion(left: 0, top: 92, width: 1280, height: 536)),
        ("160x96", "160:96:0:0", nil),
    ]) func `black bars are found to the pixel, through a fade from black`(
        inside: String, pad: String, expected: PictureRegion?
    ) throws {
        let path = try fixture.make(
            "a.mp4",
            "-f lavfi -i testsrc2=s=\(inside):r=10:d=1.2 -vf fade=t=in:d=0.4,pad=\(pad) -pix_fmt yuv420p -preset ultrafast"
        )
        #expect(try VideoMeasures(of: VideoFile(path)).picture == expected)
    }
    @Test func `a still stretch, and loudness, are those of ffmpeg`() throws {
        let path = try fixture.make(
            "a.mkv",
            "-f lavfi -i testsrc2=s=96x64:r=20:d=1 -f lavfi -i sine=d=2:r=8000 -vf tpad=stop_mode=clone:stop_duration=1 "
                + "-c:v ffv1 -c:a pcm_s16le -af volume=0.25")
        let found = try VideoMeasures(of: VideoFile(path))
        #expect(found.repeated == 20 && abs(found.still - 1.05) < 1e-9)
        // lavfi's sine has an amplitude of 1/8: −21.07 dB; a quarter of it is 12.04 dB less.
        #expect(abs(try #require(found.sound) + 33.11) < 0.02)
        let silent = try fixture.make(
            "b.mkv", "-f lavfi -i color=s=64x64:r=5:d=1 -f lavfi -i anullsrc -t 1 -c:a pcm_s16le")
        #expect(try VideoMeasures(of: VideoFile(silent)).sound == -120)
    }
    @Test func `a clip is like its small and squeezed copy and a part of it, and not like another`() throws {
        let whole = try fixture.make(
            "a.mp4",
            "-f lavfi -i mandelbrot=s=192x128:r=10:start_scale=3:end_scale=0.05:end_pts=40 -t 4 -pix_fmt yuv420p")
        let small = try fixture.make("b.mp4", "-i \(whole) -vf scale=96:64 -crf 35")
        let part = try fixture.make("c.mp4", "-ss 1 -t 1.5 -i \(whole) -crf 30")
        let other = try fixture.make("d.mp4", "-f lavfi -i life=s=192x128:r=10:mold=10:ratio=0.1 -t 4 -pix_fmt yuv420p")
        let measures = try [whole, small, part, other].map { try VideoMeasures(of: VideoFile($0)) }
        #expect(measures[0].distance(to: measures[1]) < 6 && measures[0].distance(to: measures[2]) < 6)
        #expect(measures[2].distance(to: measures[0]) == measures[0].distance(to: measures[2]))
        #expect(measures[0].distance(to: measures[3]) > 12)
    }
}
