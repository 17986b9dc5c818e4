import Base
import Glibc
import Hub
import Media
import TestSupport
import Testing

@testable import Workbench

/// A dataset of small pictures or videos and a server to caption them with.
final class CaptionFixture {
    let folder: TemporaryFolder
    let server: CaptionServer
    /// A key that is searched for afterwards.
    static let key = "sk-planted-0123456789abcdef"
    static let variable = "LTXSH_TEST_CAPTION_KEY"

    /// Pictures of different colours, or videos of different colours.
    init(_ script: JSON, images: Int = 0, videos: Int = 0) throws {
        folder = try TemporaryFolder()
        for place in 0..<images {
            let color = Picture.Color(UInt8(place * 11 % 256), 120, UInt8(255 - place * 7 % 256))
            let frame = Picture(width: 48, height: 32, color).frame
            try StillImage.write(frame, to: folder["c\(place < 10 ? "0" : "")\(place).png"])
        }
        for place in 0..<videos {
            try folder.video("v\(place).mp4", frames: 24, filter: ",hue=h=\(place * 40)")
        }
        server = try CaptionServer(script)
        setenv(Self.variable, Self.key, 1)
    }
    convenience init(chat: [JSON], images: Int = 0, videos: Int = 0) throws {
        try self.init(["chat": .array(chat)], images: images, videos: videos)
    }
    func dataset() throws -> Dataset { try Dataset.open(folder.path, among: OpenDatasets()) }

    /// One that waits for milliseconds where others wait for seconds.
    func captioner(
        _ preset: APIPreset = .plain, _ change: (inout APICaptioner.Options) -> Void = { _ in }
    ) throws -> Captioner {
        var options = APICaptioner.Options()
        (options.endpoint, options.model, options.retries) = (server.endpoint, "m", 2)
        options.key = APIKey.Sources(variable: Self.variable)
        options.waiting = Waiting(first: 0.001, most: 0.01)
        change(&options)
        return Captioner(try APICaptioner(preset, options))
    }
    /// Captions to the end; what was noted, and the result.
    @discardableResult
    static func run(
        _ captioner: Captioner, _ data: Dataset, _ change: (inout CaptionOptions) -> Void = { _ in },
        prompt: ((Clip) throws -> String?)? = nil
    ) throws -> (run: CaptionRun, notes: [String]) {
        var options = CaptionOptions()
        change(&options)
        let run = try captioner.start(data, options, prompt: prompt)
        #expect(run.wait(seconds: Patience.limit))
        let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
        return (run, notes)
    }
}
