import Base
import Glibc

/// Edits on their way to the metadata file: one line each, `CRC-32 JSON`, on the disk before the edit returns.
///
/// A line that a crash tore fails its checksum and is not replayed: its edit had not been acknowledged.
/// Not safe from several threads; `DatasetStore` guards it.
struct DatasetJournal: Sendable {
    let path: String
    private var descriptor: Int32 = -1
    /// Bytes of whole records.
    private var length = 0
    /// Bytes of a failed record may follow them.
    private var hasRemains = false
    private(set) var isEmpty = true

    init(path: String) { self.path = path }

    /// The records of a journal on disk, oldest first, and how many lines in the middle were damaged.
    static func read(_ path: String) throws -> (records: [JSON], damaged: Int) {
        // Asking first whether it is there would leave a moment in which another shell folds it away.
        let bytes: [UInt8]
        do { bytes = try Files.read(path) } catch FileError.missing { return ([], 0) }
        var records: [JSON] = [], bad: [Int] = []
        let lines = bytes.split(separator: 10)
        for (index, line) in lines.enumerated() {
            if let record = decode(line) { records.append(record) } else { bad.append(index) }
        }
        return (records, bad.count { $0 != lines.count - 1 })
    }
    private static func decode(_ line: ArraySlice<UInt8>) -> JSON? {
        guard line.count > 9 else { return nil }
        let sum = String(decoding: line.prefix(8), as: UTF8.self), body = Array(line.dropFirst(9))
        guard sum == Checksum.text(Checksum.of(body)) else { return nil }
        return try? JSON(parsing: body, largeIntegers: .kept)
    }

    /// Appends a record and flushes it. When it throws, the record is not in the journal.
    ///
    /// Throws `FileError` naming the journal and, where the disk is full, the bytes that it needed.
    mutating func append(_ record: JSON) throws {
        let body = Array(record.text().utf8)
        let line = Array(Checksum.text(Checksum.of(body)).utf8) + [32] + body + [10]
        do {
            try openIfNeeded()
            try takeBack()
            hasRemains = true
            try line.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
            guard fdatasync(descriptor) == 0 else { throw FileError.last("flush", path) }
        } catch {
            try? takeBack()
            throw JournalError(path: path, bytes: line.count, cause: error)
        }
        hasRemains = false
        length += line.count
        isEmpty = false
    }
    /// Removes what a failed append left. Where even that fails, the next append tries again before it writes.
    private mutating func takeBack() throws {
        guard hasRemains else { return }
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw FileError.last("mend", path) }
        hasRemains = false
    }

    private mutating func openIfNeeded() throws {
        guard descriptor < 0 else { return }
        let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard opened >= 0 else { throw FileError.last("open", path) }
        descriptor = opened
        length = Int(lseek(opened, 0, SEEK_END))
        do {
            // The name must be on the disk before the first edit in it counts as kept.
            try AtomicFile.synchronize(Path.folder(path), naming: path)
            if length > 0 { try mend() }
        } catch {
            Glibc.close(opened)
            descriptor = -1
            throw error
        }
    }
    /// A torn last line would swallow the next record.
    private mutating func mend() throws {
        let bytes = try Files.read(path)
        guard bytes.last != 10 else { return }
        length = (bytes.lastIndex(of: 10) ?? -1) + 1
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw FileError.last("mend", path) }
    }

    /// After a replay: the file has records that are not folded yet.
    mutating func markPending() { isEmpty = false }

    /// Takes the file away once the metadata has everything that is in it. Throws `FileError`.
    mutating func discard() throws {
        close()
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError.last("remove", path) }
        isEmpty = true
        try AtomicFile.synchronize(Path.folder(path), naming: path)
    }
    mutating func close() {
        if descriptor >= 0 {
            try? takeBack()
            Glibc.close(descriptor)
        }
        (descriptor, length, hasRemains) = (-1, 0, false)
    }
}

/// An edit that could not be put on the disk. The edit has not been made.
public struct JournalError: UserError {
    /// The journal.
    public let path: String?
    /// How much was to be written.
    public let bytes: Int
    let cause: any Error

    init(path: String, bytes: Int, cause: any Error) { (self.path, self.bytes, self.cause) = (path, bytes, cause) }

    /// That of the cause, such as `"file.full"`.
    public var kind: String { (cause as? any UserError)?.kind ?? "file.system" }
    /// One sentence with the bytes and the cause.
    public var description: String { "the edit was not kept (\(bytes) bytes): \(cause)" }
}
