import Base

/// Files that the tests read.
enum Fixtures {
    private static let root = Path.folder(Path.folder(Path.folder(#filePath)))
    static func path(_ name: String) -> String { Path.join(root, "Tests/Fixtures/" + name) }
    static func config(_ name: String) -> String { Path.join(root, "configs/\(name).yaml") }
}

extension SplitMix64 {
    /// Changes, inserts, removes, repeats or cuts off some bytes.
    mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &self),
            end = min(bytes.count, at + Int.random(in: 1...24, using: &self))
        switch Int.random(in: 0..<6, using: &self) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 2: bytes.insert(contentsOf: "[]{}:,-#&*!|>'\"%@`\n\t 0".utf8.shuffled(using: &self).prefix(2), at: at)
        case 3: bytes.removeSubrange(at..<end)
        case 4: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0..<bytes.count, using: &self))
        default: if Int.random(in: 0..<4, using: &self) == 0 { bytes.removeSubrange(at...) }
        }
    }
}
