import Base
import Testing

/// Tiny captioners of the reference harness (Tests/Fixtures/cut_captioners.py).
enum Fixture {
    static func path(_ name: String) -> String {
        Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/\(name)")
    }
    static let qwen = path("models/qwen25vl"), llava = path("models/llava"), qwen3 = path("models/qwen3vl")
}
