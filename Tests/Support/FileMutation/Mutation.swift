import Base

/// What is done to the bytes of a file.
enum Mutation {
    /// Numbers on which arithmetic breaks, and values where numbers were expected.
    private static let hostile = [
        "1099511627776", "4611686018427387904", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "-1",
        "0", "1", "2147483648", "4294967296", "9e18", "1e300", "-1e300", "1e-320", "0.5", "3.0", "1e999", "{}", "[]",
        "[[[]]]", "{\"\":{}}", "null", "true", "\"\"", "\"\\u0000\"", "[1099511627776,1099511627776,0]", "-0", "1.5e19",
    ]

    /// Bits turned, bytes cut off, taken out, put in twice.
    static func bytes(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return bytes }
        func place() -> Int { Int.random(in: 0..<bytes.count, using: &random) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.removeSubrange(place()...)
        case 1:
            let from = place()
            bytes.removeSubrange(from..<min(bytes.count, from + Int.random(in: 1...16, using: &random)))
        case 2:
            let from = place()
            let part = bytes[from..<min(bytes.count, from + Int.random(in: 1...32, using: &random))]
            bytes.insert(contentsOf: part, at: place())
        case 3:
            let values: [UInt64] = [.max, 1 << 62, 1 << 40, 0x7FFF_FFFF_FFFF_FFFF, 0]
            let word = values.randomElement(using: &random) ?? 0
            let at = place()
            for (offset, byte) in withUnsafeBytes(of: word.littleEndian, Array.init).enumerated()
            where at + offset < bytes.count {
                bytes[at + offset] = byte
            }
        default:
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[place()] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        return bytes
    }

    /// Of JSON and YAML: values replaced by hostile ones, exchanged, taken out, put in twice.
    static func text(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let words = words(bytes)
            guard let word = words.randomElement(using: &random), let other = words.randomElement(using: &random) else {
                return bytes
            }
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                let text = Array(bytes[other])
                bytes.replaceSubrange(word, with: text)
            case 1: bytes.removeSubrange(word)
            case 2 where word.upperBound <= other.lowerBound:
                let (left, right) = (Array(bytes[word]), Array(bytes[other]))
                bytes.replaceSubrange(other, with: left)
                bytes.replaceSubrange(word, with: right)
            case 3: return Self.bytes(bytes, &random)
            default:
                bytes.replaceSubrange(word, with: Array((hostile.randomElement(using: &random) ?? "").utf8))
            }
        }
        return bytes
    }

    /// The places of numbers, names and quoted texts.
    private static func words(_ bytes: [UInt8]) -> [Range<Int>] {
        var words: [Range<Int>] = [], at = 0
        let separators = Set("{}[],: \n".utf8)
        while at < bytes.count {
            if separators.contains(bytes[at]) { at += 1; continue }
            var end = at + 1
            if bytes[at] == UInt8(ascii: "\"") {
                while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += 1 }
                end = min(end + 1, bytes.count)
            } else {
                while end < bytes.count, !separators.contains(bytes[end]) { end += 1 }
            }
            words.append(at..<end)
            at = end
        }
        return words
    }

    /// Of a safetensors file: its header as text with the length made right, or its bytes.
    static func safetensors(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        if Int.random(in: 0..<4, using: &random) == 0 { return Self.bytes(bytes, &random) }
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = text(Array(bytes[8..<8 + length]), &random)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + bytes[(8 + length)...]
    }

    /// Of a `.pt` file: its pickle, in an archive that is right again, or its bytes.
    static func torch(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        if Int.random(in: 0..<3, using: &random) == 0 { return Self.bytes(bytes, &random) }
        var records = StoredZip.records(bytes)
        guard let place = records.firstIndex(where: { $0.name.hasSuffix("data.pkl") }) else { return bytes }
        var pickle = records[place].content
        if Bool.random(using: &random) {
            pickle = Self.bytes(pickle, &random)
        } else {
            // An integer of one or two bytes becomes one of eight.
            let numbers = pickle.indices.dropLast(3).filter { pickle[$0] == 0x4B || pickle[$0] == 0x4D }
            let values: [Int] = [1 << 40, 1 << 62, .max, .min, -1, 0, 1, 3, 1 << 31]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                guard let at = numbers.randomElement(using: &random), at < pickle.count, pickle[at] == 0x4B else {
                    continue
                }
                let value = values.randomElement(using: &random) ?? 0
                let long = [0x8A, 8] + withUnsafeBytes(of: value.littleEndian, Array.init)
                pickle.replaceSubrange(at..<at + 2, with: long)
            }
        }
        records[place].content = pickle
        return StoredZip.bytes(records)
    }
}

/// The zip files that PyTorch writes, taken apart and put together again.
enum StoredZip {
    static func records(_ bytes: [UInt8]) -> [(name: String, content: [UInt8])] {
        func number(_ at: Int, _ size: Int) -> Int { bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) } }
        var records: [(String, [UInt8])] = [], at = 0
        while at + 30 < bytes.count, number(at, 4) == 0x0403_4B50 {
            let name = at + 30, data = name + number(at + 26, 2) + number(at + 28, 2), size = number(at + 18, 4)
            records.append(
                (
                    String(decoding: bytes[name..<name + number(at + 26, 2)], as: UTF8.self),
                    Array(bytes[data..<data + size])
                ))
            at = data + size
        }
        return records
    }
    static func bytes(_ records: [(name: String, content: [UInt8])]) -> [UInt8] {
        func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        var out: [UInt8] = [], directory: [UInt8] = []
        for (name, content) in records {
            let sizes = little(Checksum.of(content)) + little(UInt32(content.count)) + little(UInt32(content.count))
            let shared = little(UInt16(10)) + [UInt8](repeating: 0, count: 8) + sizes + little(UInt16(name.utf8.count))
            directory += [0x50, 0x4B, 1, 2, 0, 0] + shared + [UInt8](repeating: 0, count: 12)
            directory += little(UInt32(out.count)) + Array(name.utf8)
            out += [0x50, 0x4B, 3, 4] + shared + [0, 0] + Array(name.utf8) + content
        }
        let counts = little(UInt16(records.count)) + little(UInt16(records.count))
        let places = little(UInt32(directory.count)) + little(UInt32(out.count))
        return out + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts + places + [0, 0]
    }
}
