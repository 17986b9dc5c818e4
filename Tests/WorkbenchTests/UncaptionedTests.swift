import Base
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Sets that are trained without captions on purpose, and what stands for a caption that is dropped.
@Suite(.serialized) struct UncaptionedTests {
    let folder: TemporaryFolder
    let preprocessor: Preprocessor

    init() throws {
        folder = try TemporaryFolder()
        preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
    }
    private func run(_ data: Dataset, trigger: String? = nil, uncaptioned: Bool = true) throws -> Precomputed {
        var options = Preprocessor.Options(size: try VideoSize(parsing: "32x32x9"), trigger: trigger)
        options.takesUncaptioned = uncaptioned
        return try preprocessor.run(data, options)
    }
    private func text(_ name: String) throws -> Tensor {
        try ConditionFile.read(folder["d/.precomputed/\(name).pt"]).embeddings
    }

    @Test func `clips without a caption are taken when that is said, as the trigger or as no words`() throws {
        for name in ["a", "b"] { try folder.video("d/\(name).mp4", frames: 9, size: "32x32") }
        let data = try Dataset.open(folder["d"])
        try data.clip(1).setCaption("a boat")
        #expect { try run(data, uncaptioned: false) } throws: {
            "\($0)".contains("1 clip has no caption ('b.mp4')") && "\($0)".contains("uncaptioned = true")
        }
        let plain = try run(data)
        #expect(plain.items.map(\.name) == ["a", "b"] && plain.problems() == [])
        #expect(try text("conditions/b").isEqual(to: preprocessor.encodeText("")))
        // The empty caption is there for those that are dropped, and is no clip.
        #expect(try text("empty_caption").isEqual(to: text("conditions/b")))
        let empty = try FileStamp(folder["d/.precomputed/empty_caption.pt"]).text

        let called = try run(data, trigger: "APT")
        #expect(try text("conditions/b").isEqual(to: preprocessor.encodeText("APT")))
        #expect(try text("conditions/a").isEqual(to: preprocessor.encodeText("APT a boat")))
        #expect(called.problems() == [])
        #expect(try FileStamp(folder["d/.precomputed/empty_caption.pt"]).text == empty)
    }
}
