import Base
import Glibc
import Testing
@testable import Media

/// Any file gives pictures or one clear error: no crash, no hang, no wrong size.
@Suite(.serialized) struct BadMediaTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private struct Reading {
        var frames = 0, width = 0, height = 0, rotation = 0, isImage = false, kind: String?, message = ""
    }
    /// Everything that the shell does with a file: probe, read all, a picture in the middle, scan.
    private func read(_ path: String) -> Reading {
        var reading = Reading()
        do {
            let file = try VideoFile(path)
            (reading.width, reading.height, reading.rotation) = (file.width, file.height, file.rotation)
            reading.isImage = file.isImage
            var options = FrameReader.Options()
            options.count = 500
            let reader = try FrameReader(file, options)
            var last = -Double.infinity
            while let frame = try reader.next() {
                reading.frames += 1
                if frame.pixels.count != file.width * file.height * 3 { reading.message = "a frame of a wrong size" }
                if frame.time < last - 60 { reading.message = "times run back" }
                last = frame.time
            }
            _ = try? file.frame(at: file.duration / 2, width: 16)
            if !file.isImage {
                let scores = try SceneScanner.scan(file)
                if scores.count != reading.frames, reading.frames < 500 {
                    reading.message = "scan saw \(scores.count) frames"
                }
                _ = try ScenePlan(scores)
            }
        } catch let error as any UserError {
            (reading.kind, reading.message) = (error.kind, error.description)
            if error.path != path { reading.message = "the error names \(error.path ?? "nothing")" }
        } catch {
            (reading.kind, reading.message) = ("other", "\(error)")
        }
        return reading
    }
    @Test func `each named file comes to its outcome`() throws {
        let items = Corpus.good + Corpus.bad + Corpus.cut
        #expect(items.count >= 100)
        for item in items {
            let path = try Corpus.make(item, in: fixture)
            let reading = read(path)
            let found = "\(item.name): \(reading)"
            switch item.outcome {
            case .video(let frames, let width, let height, let rotation):
                #expect(reading.kind == nil && !reading.isImage && reading.message.isEmpty, "\(found)")
                #expect(reading.frames == frames && reading.rotation == rotation, "\(found)")
                #expect((reading.width, reading.height) == (width, height), "\(found)")
            case .image(let width, let height):
                #expect(reading.kind == nil && reading.isImage && reading.frames == 1, "\(found)")
                #expect((reading.width, reading.height) == (width, height), "\(found)")
            case .error(let kind): #expect(reading.kind == kind && reading.message.contains(path), "\(found)")
            case .anything(let most):
                #expect(reading.frames <= most && reading.kind.map { $0.hasPrefix("media.") } != false, "\(found)")
                #expect(reading.kind != nil || reading.message.isEmpty, "\(found)")
            }
        }
    }

    /// `LTXSH_MUTATIONS` sets how many; the default keeps the suite short.
    @Test func `damaged files give pictures or an error`() throws {
        for item in Corpus.good { _ = try Corpus.make(item, in: fixture) }
        let sources = [
            "base.mp4", "b-frames.mp4", "vfr.mp4", "fragments.mp4", "odd.mkv", "vp9.webm", "mpeg4.avi", "stream.ts",
            "hevc.mp4",
            "prores.mov", "mjpeg.avi", "moving.gif", "raw.h264", "still.png", "still.jpg", "still.webp", "deep.png",
            "theora.ogv",
            "windows.wmv", "sound-is-longer.mp4",
        ]
        let count = getenv("LTXSH_MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 200
        let path = fixture.path("mutated")
        for seed in 0..<count {
            var random = SplitMix64(seed: UInt64(seed))
            var bytes = try Files.read(fixture.path(sources[seed % sources.count]))
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes[place] = [0, 255, 127, 128][Int.random(in: 0..<4, using: &random)]
                case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...16, using: &random)))
                case 4: bytes.insert(contentsOf: [UInt8](repeating: UInt8(seed & 255), count: 4), at: place)
                default:
                    if bytes.count > 200 {
                        bytes.removeLast(Int.random(in: 0..<min(bytes.count - 100, 200), using: &random))
                    }
                }
                if bytes.isEmpty { bytes = [0] }
            }
            try AtomicFile.write(bytes, to: path)
            let reading = read(path)
            let fine = reading.kind.map { $0.hasPrefix("media.") } ?? reading.message.isEmpty
            #expect(fine, "seed \(seed) of \(sources[seed % sources.count]): \(reading)")
        }
    }
}
