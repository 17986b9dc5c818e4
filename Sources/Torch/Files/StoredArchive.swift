import Base

/// A zip file whose records are stored as they are, as PyTorch writes them. Nothing is ever unpacked,
/// so there is no bomb.
///
/// Format: PKWARE APPNOTE 6.3 with the zip64 extensions.
struct StoredArchive {
    /// The range of each record's bytes in the file.
    let records: [String: Range<Int>]
    private let checksums: [String: UInt32]
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private static let mostRecords = 200_000

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        (self.bytes, self.path) = (bytes, path)
        let reader = Reader(bytes: bytes, path: path)
        let directory = try reader.directory()
        var records: [String: Range<Int>] = [:], checksums: [String: UInt32] = [:], total = 0
        var at = directory.start
        for _ in 0..<directory.count {
            let entry = try reader.entry(at: &at, before: directory.end)
            guard records.updateValue(entry.range, forKey: entry.name) == nil else {
                throw reader.error("is there twice", entry.name)
            }
            checksums[entry.name] = entry.checksum
            total += entry.range.count
            // Records that overlap would claim more than there is.
            guard total <= bytes.count else { throw reader.error("overlaps others", entry.name) }
        }
        (self.records, self.checksums) = (records, checksums)
    }

    /// The bytes of a record, after checking their sum.
    func bytes(of name: String) throws -> UnsafeRawBufferPointer {
        guard let range = records[name] else {
            throw TorchFileError.archive(path: path, record: name, reason: "is missing")
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard Checksum.of(content) == checksums[name] else {
            throw TorchFileError.archive(path: path, record: name, reason: "is damaged: its checksum does not fit")
        }
        return content
    }

    /// A sum over the names (below the archive's own), lengths and checksums of the records: equal for equal contents. Reads no
    /// record.
    var fingerprint: UInt32 {
        records.sorted { $0.key < $1.key }.reduce(0) { sum, record in
            let name = record.key.drop { $0 != "/" }
            return Checksum.of("\(name) \(record.value.count) \(checksums[record.key] ?? 0)\n", after: sum)
        }
    }

    // MARK: Reading

    private struct Entry {
        let name: String
        let range: Range<Int>
        let checksum: UInt32
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        let path: String

        func error(_ reason: String, _ record: String? = nil) -> TorchFileError {
            .archive(path: path, record: record, reason: reason)
        }

        /// A little-endian number; throws outside the file.
        func number<T: FixedWidthInteger>(_ type: T.Type, _ offset: Int) throws -> Int {
            guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else {
                throw error("it is cut off or no zip file (byte \(offset) of \(bytes.count))")
            }
            let value = T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
            guard let value = Int(exactly: value) else { throw error("it has a number out of range at byte \(offset)") }
            return value
        }
        private func short(_ offset: Int) throws -> Int { try number(UInt16.self, offset) }
        private func word(_ offset: Int) throws -> Int { try number(UInt32.self, offset) }
        private func long(_ offset: Int) throws -> Int { try number(UInt64.self, offset) }

        /// Where the central directory is, from the record at the end of the file.
        func directory() throws -> (start: Int, end: Int, count: Int) {
            guard bytes.count >= 22, try word(0) == 0x0403_4B50 else { throw error(otherFormat) }
            var at = bytes.count - 22
            let last = max(0, at - 65_535)
            while at >= last, try word(at) != 0x0605_4B50 { at -= 1 }
            guard at >= last else { throw error("it is cut off: the end of the zip file is missing") }
            var count = try short(at + 10), size = try word(at + 12), start = try word(at + 16), end = at
            if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
                guard at >= 20, try word(at - 20) == 0x0706_4B50 else { throw error("its zip64 locator is missing") }
                end = try long(at - 12)
                guard try word(end) == 0x0606_4B50 else { throw error("its zip64 directory is missing") }
                (count, size, start) = (try long(end + 32), try long(end + 40), try long(end + 48))
            }
            guard size <= end, start <= end - size, count <= mostRecords, count * 46 <= size else {
                throw error("its directory does not fit the file")
            }
            return (start, start + size, count)
        }

        private var otherFormat: String {
            switch FileFormat(bytes) {
            case .pickle: "it is in the format of PyTorch before 1.6; load and save it again with a newer PyTorch"
            case .zip, nil: "it is no zip file"
            case let other?: "it is \(other)"
            }
        }

        /// One entry of the central directory, and the record it points at.
        func entry(at: inout Int, before end: Int) throws -> Entry {
            guard at <= end - 46, try word(at) == 0x0201_4B50 else {
                throw error("its directory is damaged at byte \(at)")
            }
            let nameLength = try short(at + 28), extraLength = try short(at + 30), commentLength = try short(at + 32)
            let next = at + 46 + nameLength + extraLength + commentLength
            guard next <= end else { throw error("its directory is damaged at byte \(at)") }
            let nameBytes = bytes[at + 46..<at + 46 + nameLength]
            guard let name = String(validating: nameBytes, as: UTF8.self), !name.contains("\0") else {
                throw error("its directory has a name that is not UTF-8 at byte \(at + 46)")
            }
            guard try short(at + 8) & 1 == 0 else { throw error("is encrypted", name) }
            guard try short(at + 10) == 0 else {
                throw error("is compressed; PyTorch stores records as they are", name)
            }
            var packed = try word(at + 20), size = try word(at + 24), start = try word(at + 42)
            try zip64(at + 46 + nameLength, extraLength, name, &size, &packed, &start)
            guard packed == size else { throw error("has two different sizes, \(packed) and \(size)", name) }
            let range = try record(at: start, name, nameBytes, size)
            let checksum = UInt32(truncatingIfNeeded: try word(at + 16))
            at = next
            return Entry(name: name, range: range, checksum: checksum)
        }

        /// Replaces the 32-bit numbers that stand for larger ones, in the order of the format.
        private func zip64(
            _ extra: Int, _ length: Int, _ name: String, _ size: inout Int, _ packed: inout Int, _ start: inout Int
        ) throws {
            guard size == 0xFFFF_FFFF || packed == 0xFFFF_FFFF || start == 0xFFFF_FFFF else { return }
            var at = extra
            let end = extra + length
            while at <= end - 4, try short(at) != 1 { at += 4 + (try short(at + 2)) }
            guard at <= end - 4 else { throw error("has no zip64 sizes", name) }
            let last = at + 4 + (try short(at + 2))
            at += 4
            func next(_ value: inout Int) throws {
                guard value == 0xFFFF_FFFF else { return }
                guard at <= last - 8, last <= end else { throw error("has cut off zip64 sizes", name) }
                value = try long(at)
                at += 8
            }
            try next(&size)
            try next(&packed)
            try next(&start)
        }

        private func record(
            at start: Int, _ name: String, _ nameBytes: Slice<UnsafeRawBufferPointer>, _ size: Int
        ) throws -> Range<Int> {
            guard start <= bytes.count - 30, try word(start) == 0x0403_4B50 else {
                throw error("is not where it should be", name)
            }
            let nameLength = try short(start + 26), data = start + 30 + nameLength + (try short(start + 28))
            guard data <= bytes.count, size <= bytes.count - data else {
                throw error("reaches beyond the end of the file", name)
            }
            guard try short(start + 8) == 0, bytes[start + 30..<start + 30 + nameLength].elementsEqual(nameBytes) else {
                throw error("is described differently in two places", name)
            }
            return data..<data + size
        }
    }
}
