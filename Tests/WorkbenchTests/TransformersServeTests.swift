import Base
import Foundation
import Media
import TestSupport
import Testing

@testable import Workbench

/// A server that nobody here wrote: `transformers serve`, where LTXSH_TRANSFORMERS names the program (of transformers 5 with its extra
/// `serving`). It gets the tiny Qwen2.5-VL.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["LTXSH_TRANSFORMERS"] != nil))
struct TransformersServeTests {
    /// Runs until it is let go of.
    private final class Server {
        let port = Int.random(in: 20_000..<60_000)
        private let process = Process()

        init() throws {
            let program = ProcessInfo.processInfo.environment["LTXSH_TRANSFORMERS"] ?? ""
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["serve", TransformersServeTests.model, "--port", "\(port)", "--device", "cpu"]
            var environment = ProcessInfo.processInfo.environment
            environment["HF_HUB_OFFLINE"] = "1"
            environment["HF_HUB_CACHE"] = try Scratch.folder("hub")
            process.environment = environment
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
        }
        deinit {
            process.terminate()
            process.waitUntilExit()
        }
        var isRunning: Bool { process.isRunning }
    }
    private static let model = Path.join(
        Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/models/qwen25vl")

    @Test func `a real server is asked about pictures, counts tokens, and a model that sees nothing is found out`()
        throws
    {
        let server = try Server(), folder = try TemporaryFolder()
        for place in 0..<3 {
            let color = Picture.Color(UInt8(place * 90), 120, 30)
            try StillImage.write(Picture(width: 96, height: 64, color).frame, to: folder["c\(place).png"])
        }
        var options = APICaptioner.Options()
        (options.endpoint, options.model) = ("http://127.0.0.1:\(server.port)/v1", Self.model)
        // It refuses connections until it has loaded the model.
        let captioner = Captioner(try APICaptioner(.plain, options))
        #expect(
            Patience.until {
                usleep(300_000)
                return (try? captioner.ask(folder["c0.png"], "What?", maxNewTokens: 2)) != nil || !server.isRunning
            })
        try #require(server.isRunning)
        let data = try Dataset.open(folder.path, among: OpenDatasets())
        let (run, notes) = try CaptionFixture.run(captioner, data) {
            ($0.maxNewTokens, $0.keepSuspect) = (8, true)
        }
        #expect(run.state == .finished && run.result.failed.isEmpty, "\(notes)")
        #expect(run.result.written + run.result.suspect.count { !$0.isKept } == 3, "\(notes)")
        #expect(run.result.usage.input > 3 * 20 && (3...24).contains(run.result.usage.output), "\(run.result.usage)")
        #expect(throws: CaptionerError.self) { try captioner.check() }
    }
}
