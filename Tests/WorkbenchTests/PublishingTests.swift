import Base
import Configuration
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// A LoRA on its way to a hub: what is sent, and what a run does about it.
@Suite(.serialized) struct PublishingTests {
    private let name = "me/lora-\(UInt32.random(in: 0 ... .max))"

    /// With the test server as the hub of this process.
    private func withHub<Value>(token: String? = "hf_planted", _ body: (HubServer) throws -> Value) throws -> Value {
        let server = try HubServer.shared.get()
        let variables = [
            // Below the repository's name, by which the server tells what belongs together.
            "HF_ENDPOINT": "\(server.endpoint)/\(name)", "HF_TOKEN": token, "HF_HOME": try Scratch.folder("hf"),
            "HUGGING_FACE_HUB_TOKEN": nil, "HF_HUB_OFFLINE": nil,
        ]
        let before = variables.keys.map { ($0, getenv($0).map { String(cString: $0) }) }
        func put(_ name: String, _ value: String?) { if let value { setenv(name, value, 1) } else { unsetenv(name) } }
        defer { for (name, value) in before { put(name, value) } }
        for (name, value) in variables { put(name, value) }
        return try body(server)
    }
    private func fixture() throws -> TrainingFixture {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 2
        (fixture.configuration.hub.pushToHub, fixture.configuration.hub.hubModelID) = (true, name)
        return fixture
    }

    @Test func `a finished run is sent with its card, both files and its settings`() throws {
        try withHub { server in
            try server.makeRepository(name, ["files": [:]])
            let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
            let run = try trainer.start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
            let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
            #expect(notes.contains { $0.hasPrefix("sent to \(server.endpoint)/\(name)/\(name)") }, "\(notes)")
            let commit = try #require(
                try server.requests(of: name).first { $0["path"]?.string?.contains("/commit/") == true })
            let lines = try (commit["body"]?.string ?? "").split(separator: "\n").map { try JSON(parsing: String($0)) }
            let file = Path.name(name)
            #expect(
                lines.compactMap { $0["value"]?["path"]?.string } == [
                    "README.md", "\(file).safetensors", "\(file)_comfy.safetensors", "config.yaml",
                ])
        }
    }
    @Test func `while it is sent the model is free`() throws {
        try withHub { server in
            try server.makeRepository(name, ["files": [:], "replies": ["/preupload/": [["delay": 3, "status": 500]]]])
            let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
            let run = try trainer.start(fixture.configuration)
            while try !server.requests(of: name).contains(where: { $0["path"]?.string?.contains("/preupload/") == true }
            ) {
                try #require(!run.wait(seconds: 0.01))
            }
            let users = ModelStore.shared.resident.filter { $0.key.part == .transformer }.map(\.user)
            // A machine that looks three seconds too late has seen nothing.
            if !run.isOver { #expect(!users.isEmpty && users.allSatisfy { $0 == nil }, "\(users)") }
            #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
        }
    }
    @Test func `a hub that fails is a note, and the run is finished`() throws {
        try withHub { server in
            try server.makeRepository(name, ["files": [:], "role": "read"])
            let fixture = try fixture()
            let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit) && run.state == .finished && run.checkpoints.count == 1)
            let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
            #expect(
                notes.contains { $0.contains("was not sent to '\(name)'") && $0.contains("Exporter.publish{") },
                "\(notes)")
        }
    }
    @Test func `without a token the run does not begin`() throws {
        try withHub(token: nil) { _ in
            let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
            let error = #expect(throws: (any Error).self) { try trainer.start(fixture.configuration) }
            #expect("\(error.map { "\($0)" } ?? "")".contains("HF_TOKEN"))
            #expect(!Files.exists(fixture.configuration.outputDir))
        }
    }
    @Test func `the card says what one needs to use it, and nothing of this disk`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 2
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit))
        var options = Publishing.Options()
        (options.repository, options.trigger, options.base) = (name, "APT", "Lightricks/LTX-Video-0.9.5")
        let publishing = try Publishing(run.folder, options)
        let card = publishing.card
        #expect(card.hasPrefix("---\n") && card.contains("base_model: Lightricks/LTX-Video-0.9.5"))
        #expect(card.contains("APT") && card.contains("rank"))
        #expect(publishing.items.map(\.path).contains("config.yaml"))
        #expect(!card.contains(Path.absolute(".") + "/"))
    }
}
