import Base
import Configuration
import Glibc
import TestSupport
import Testing
import Torch

@testable import Workbench

/// A few of the kills of scripts/resume.sh: a program that trains is killed, and another one goes on.
@Suite(.serialized) struct ResumeKillTests {
    /// Lets the program train, or go on, with a fault; whether it came to its end.
    private func train(_ configuration: String, in folder: String, faults: [String: String] = [:]) throws -> Bool {
        let child = try CrashChild(training: configuration, in: folder, faults: faults), said = child.finish()
        return said.isOrderly
    }
    private func contents(_ folder: String) throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        for part in ["checkpoints", "states", "ema"] {
            for name in try Files.list(Path.join(folder, part)) {
                all["\(part)/\(name)"] = try Files.read(Path.join(folder, "\(part)/\(name)"))
            }
        }
        let steps = try Files.text(Path.join(folder, "metrics.jsonl")).split(separator: "\n").map {
            let line = try JSON(parsing: String($0))
            return "\(line["step"]?.integer ?? 0) \(line["loss"]?.number ?? 0) \(line["learning_rate"]?.number ?? 0)"
        }
        all["metrics.jsonl"] = Array("\(steps)".utf8)
        return all
    }

    @Test func `a program that is killed while it writes, and one that goes on, leave what one alone leaves`() throws {
        var fixture = try TrainingFixture(clips: 5)
        try fixture.addOtherSizes()
        fixture.configuration.lora?.dropout = 0.2
        fixture.configuration.conditioning.captionDropoutP = 0.3
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.data.validationSplit = 0.2
        fixture.configuration.validation.lossInterval = 5
        fixture.configuration.optimization.steps = 12
        fixture.configuration.optimization.gradientAccumulationSteps = 2
        fixture.configuration.optimization.warmupSteps = 3
        fixture.configuration.optimization.emaDecay = 0.9
        fixture.configuration.checkpoints.interval = 4
        let out = fixture.configuration.outputDir, path = Path.join(fixture.folder, "config.yaml")
        let log = Path.join(fixture.folder, "calls")
        try fixture.configuration.save(path)
        #expect(try train(path, in: out, faults: ["FAULT_LOG": log]))
        let expected = try contents(out), calls = try Files.text(log).split(separator: "\n")
        #expect(expected.count == 1 + 2 + 2 + 1)
        // In the middle of a state, before it gets its name, and before an old one goes.
        let state = try #require(calls.lastIndex { $0.hasPrefix("write") && $0.contains("state_step_00012") }) + 1
        let named = try #require(calls.firstIndex { $0.hasPrefix("rename") && $0.contains("state_step_00008") }) + 1
        let gone = try #require(calls.lastIndex { $0.hasPrefix("unlink") && $0.contains("state_step_") }) + 1
        for (place, action) in [(state, "tear"), (named, "kill"), (gone, "kill")] {
            Scratch.remove(out)
            #expect(try !train(path, in: out, faults: ["FAULT_AT": "\(place)", "FAULT_ACTION": action]))
            #expect(try train(path, in: out))
            let found = try contents(out)
            #expect(found.keys.sorted() == expected.keys.sorted(), "\(calls[place - 1])")
            for (name, bytes) in expected where found[name] != bytes { Issue.record("\(calls[place - 1]): \(name)") }
        }
    }
}
