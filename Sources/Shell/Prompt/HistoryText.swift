import CReadline
import Base
import Glibc

/// The last part of a history file, as bytes: nobody waits at the start for a hundred thousand entries to become texts.
struct HistoryText {
    private var bytes: [UInt8]
    /// Where the newest of equal entries are, oldest first.
    private var entries: [Range<Int>] = []

    /// Reads at most so many bytes and entries; what is not text that someone typed is left out. Throws `FileError`.
    init(endOf path: String, bytes most: Int, entries limit: Int, longest: Int) throws {
        // O_NONBLOCK: a FIFO in the place of the file must not hang the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError.system(
                operation: "read", path: path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        let size = Int(status.st_size), from = max(0, size - most)
        // One more, for the end of the last text.
        bytes = [UInt8](repeating: 0, count: size - from + 1)
        var filled = 0
        while filled < size - from {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), size - from - filled, off_t(from + filled))
            }
            if count < 0 { throw FileError.last("read", path) }
            if count == 0 { break }
            filled += count
        }
        find(upTo: filled, isWhole: from == 0, limit, longest)
    }

    private mutating func find(upTo filled: Int, isWhole: Bool, _ limit: Int, _ longest: Int) {
        var seen: Set<UInt64> = [], found: [Range<Int>] = []
        bytes.withUnsafeBytes { bytes in
            var end = filled
            while end > 0, found.count < limit {
                var start = end
                while start > 0, bytes[start - 1] != 10 { start -= 1 }
                // The first line of a part may be the end of a longer one.
                if start == 0, !isWhole { break }
                // An editor that ends lines as Windows does may have been there.
                let last = end > start && bytes[end - 1] == 13 ? end - 1 : end
                if last > start, last - start <= longest,
                    let print = HistoryText.fingerprint(UnsafeRawBufferPointer(rebasing: bytes[start..<last])),
                    seen.insert(print).inserted
                {
                    found.append(start..<last)
                }
                end = start - 1
            }
        }
        entries = found.reversed()
    }
    /// A number that equal lines share and two of a hundred thousand different ones do not (FNV-1a); `nil` for what is no text.
    private static func fingerprint(_ line: UnsafeRawBufferPointer) -> UInt64? {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325, isPlain = true
        for byte in line {
            if byte < 0x20 && byte != 9 || byte == 0x7F { return nil }
            if byte >= 0x80 { isPlain = false }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return isPlain || String(validating: line, as: UTF8.self) != nil ? hash : nil
    }

    /// The entries as the file has them.
    var lines: String { entries.map { String(decoding: bytes[$0], as: UTF8.self) + "\n" }.joined() }

    /// Puts the entries into the editor. Returns the last.
    mutating func addToEditor(_ unescaped: (String) -> String) -> String? {
        let entries = entries
        bytes.withUnsafeMutableBytes { bytes in
            for place in entries {
                if bytes[place].contains(UInt8(ascii: "\\")) {
                    cr_history_add(unescaped(String(decoding: bytes[place], as: UTF8.self)))
                } else {
                    bytes[place.upperBound] = 0
                    cr_history_add(
                        bytes.baseAddress?.advanced(by: place.lowerBound).assumingMemoryBound(to: CChar.self))
                }
            }
        }
        return entries.last.map { unescaped(String(decoding: bytes[$0], as: UTF8.self)) }
    }
}
