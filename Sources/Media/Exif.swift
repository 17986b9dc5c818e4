/// The part of EXIF that changes how an image is shown. Format: JEITA CP-3451 in a TIFF structure.
enum Exif {
    /// The orientation 1…8 in an image file's bytes, 1 where there is none or it is malformed.
    static func orientation(of kind: ImageKind, in bytes: [UInt8]) -> Int {
        switch kind {
        case .jpeg: jpegBlock(bytes).map(tiffOrientation) ?? 1
        case .png: chunk(bytes, from: 8, name: "eXIf", bigEndian: true).map(tiffOrientation) ?? 1
        case .webp: chunk(bytes, from: 12, name: "EXIF", bigEndian: false).map { tiffOrientation(withoutMark($0)) } ?? 1
        case .tiff: tiffOrientation(bytes[...])
        case .bmp: 1
        }
    }

    private static let mark = Array("Exif\0\0".utf8)
    private static func withoutMark(_ block: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        block.starts(with: mark) ? block.dropFirst(mark.count) : block
    }

    /// The TIFF structure in a JPEG's APP1 segment.
    private static func jpegBlock(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            if marker == 0xFF {
                at += 1
                continue
            }
            if marker == 0xDA || marker == 0xD9 { return nil }  // the picture itself, or its end
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, at + 2 + length <= bytes.count else { return nil }
            let block = bytes[(at + 4)..<(at + 2 + length)]
            if marker == 0xE1, block.starts(with: mark) { return block.dropFirst(mark.count) }
            at += 2 + length
        }
        return nil
    }

    /// A chunk of a PNG (length before the name, checksum behind) or a RIFF file (name before the length, padded).
    private static func chunk(_ bytes: [UInt8], from start: Int, name: String, bigEndian: Bool) -> ArraySlice<UInt8>? {
        var at = start
        while at + 8 <= bytes.count {
            let lengthAt = bigEndian ? at : at + 4, nameAt = bigEndian ? at + 4 : at
            let four = bytes[lengthAt..<(lengthAt + 4)]
            let length = (bigEndian ? Array(four) : four.reversed()).reduce(0) { $0 << 8 | Int($1) }
            guard at + 8 + length <= bytes.count else { return nil }
            if bytes[nameAt..<(nameAt + 4)].elementsEqual(name.utf8) { return bytes[(at + 8)..<(at + 8 + length)] }
            at += 8 + length + (bigEndian ? 4 : length & 1)
        }
        return nil
    }

    private static func tiffOrientation(_ block: ArraySlice<UInt8>) -> Int {
        let bytes = Array(block.prefix(1 << 16))
        guard bytes.count >= 8, bytes[0] == bytes[1], bytes[0] == 0x49 || bytes[0] == 0x4D else { return 1 }
        let little = bytes[0] == 0x49
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at >= 0, at + count <= bytes.count else { return nil }
            let part = bytes[at..<(at + count)]
            return (little ? part.reversed() : Array(part)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let entries = number(directory, 2) else { return 1 }
        for entry in 0..<min(entries, 512) {
            let at = directory + 2 + entry * 12
            guard let tag = number(at, 2) else { return 1 }
            if tag == 0x0112, let value = number(at + 8, 2), (1...8).contains(value) { return value }
        }
        return 1
    }
}
