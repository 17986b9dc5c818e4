import Base
import Configuration
import Glibc
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Counts which files of some folders are opened, by this process or any other.
private struct OpenedFiles {
    private let watch = inotify_init1(Int32(IN_NONBLOCK))

    init(_ folders: [String]) { for folder in folders { _ = inotify_add_watch(watch, folder, UInt32(IN_OPEN)) } }
    func close() { _ = Glibc.close(watch) }

    /// Names of those that were opened since it was asked last, once for each time.
    func take() -> [String] {
        var names: [String] = [], bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(watch, &bytes, bytes.count)
            guard count > 0 else { return names }
            var place = 0
            // wd, mask, cookie and length in four bytes each, then the name, filled up with zeros.
            while place < count {
                let length = bytes[place + 12..<place + 16].reversed().reduce(0) { $0 << 8 | Int($1) }
                let name = bytes[place + 16..<place + 16 + length].prefix { $0 != 0 }
                names.append(String(decoding: name, as: UTF8.self))
                place += 16 + length
            }
        }
    }
}

/// Tweak and go: what a second run reads.
@Suite(.serialized) struct SecondRunTests {
    @Test func `a second run with another rate, rank or length reads nothing of the model again`() throws {
        let model = Scratch.path("read-once")
        try TinyModel.make(at: model)
        var fixture = try TrainingFixture(model: model)
        let parts = ["transformer", "vae", "text_encoder", "tokenizer"].map { Path.join(model, $0) }
        let opened = OpenedFiles(parts)
        defer { opened.close() }
        func isWeights(_ name: String) -> Bool { name.contains(".safetensors") || name.hasSuffix(".model") }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        func train() throws -> Run {
            let run = try trainer.start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
            return run
        }
        let first = try train()
        #expect(opened.take().contains(where: isWeights))
        fixture.configuration.optimization.learningRate = 3e-4
        let second = try train()
        #expect(second.history.first?.learningRate == 3e-4 && second.history.first?.loss == first.history.first?.loss)
        #expect(opened.take().filter(isWeights) == [])
        fixture.configuration.lora?.rank = 4
        fixture.configuration.lora?.targetModules = ["to_q"]
        fixture.configuration.optimization.steps = 2
        #expect(try train().history.count == 2)
        #expect(opened.take().filter(isWeights) == [])
        // What is asked for in another format is loaded, which is what would be seen.
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        _ = try train()
        #expect(opened.take().contains(where: isWeights))
    }
}
