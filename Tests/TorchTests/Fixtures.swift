import Base

/// Files that the tests read.
enum Fixtures {
    static func path(_ name: String) -> String {
        Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/files/" + name)
    }
}

extension SplitMix64 {
    /// Changes, inserts, removes, repeats or cuts off some bytes of the first `within`.
    mutating func mutate(_ bytes: inout [UInt8], within: Int = .max) {
        guard !bytes.isEmpty else { return }
        let limit = min(bytes.count, within), at = Int.random(in: 0..<limit, using: &self)
        let end = min(bytes.count, at + Int.random(in: 1...16, using: &self))
        switch Int.random(in: 0..<7, using: &self) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 2:
            bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, 0x28, 0x2E, 0x85, 0x30, 0x39][Int.random(in: 0..<10, using: &self)]
        case 3: bytes.removeSubrange(at..<end)
        case 4: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0..<limit, using: &self))
        case 5: for place in at..<end { bytes[place] = UInt8.random(in: 0...255, using: &self) }
        default: if Int.random(in: 0..<4, using: &self) == 0 { bytes.removeSubrange(at...) }
        }
    }
}
