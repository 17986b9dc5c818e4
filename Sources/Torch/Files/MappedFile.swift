import Base
import CMapping
import Glibc
import Synchronization

/// A file mapped into memory. Tensors over it keep it alive; what is written to them does not reach the file.
///
/// The mapping shares the page cache, so a file that is replaced (by rename, as every writer here does) stays readable.
/// One that another program cuts short (`rsync --inplace`, a download that starts again, `torch.save` over it) is not:
/// what is gone reads as zeros, and `check()` throws from then on. Reading such files into memory instead would cost their
/// size in memory a second time, and the time to read all of a file of which a few tensors are wanted; the guard costs
/// a `stat` a check. A file that is overwritten at the same length is not noticed: its bytes are simply other ones.
public final class MappedFile: @unchecked Sendable {
    /// The file as it was opened.
    public let path: String
    /// The content. Sendable because the pages stay where they are until the last reference goes, and nobody writes
    /// them but the one user of a tensor over them.
    public let bytes: UnsafeRawBufferPointer
    /// `nil` for an empty file.
    private let mapping: cf_mapping?
    private let device: dev_t, node: ino_t
    /// Whether an error has said that it was cut short.
    private let isTold = Atomic(false)

    /// Throws `FileError` when the file cannot be opened or mapped.
    public init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw FileError.system(operation: "read", path: path, code: code)
        }
        (self.path, device, node) = (path, status.st_dev, status.st_ino)
        let count = Int(status.st_size)
        guard count > 0 else {
            (bytes, mapping) = (UnsafeRawBufferPointer(start: nil, count: 0), nil)
            return
        }
        guard let mapping = cf_map(descriptor, count) else { throw FileError.last("map", path) }
        (bytes, self.mapping) = (UnsafeRawBufferPointer(start: cf_start(mapping), count: count), mapping)
        Self.inUse.withLock { $0.files[ObjectIdentifier(self)] = Reference(file: self) }
    }
    deinit {
        guard let mapping else { return }
        Self.inUse.withLock { open in
            open.files[ObjectIdentifier(self)] = nil
            if cf_is_lost(mapping), !isTold.load(ordering: .relaxed) { open.unnoticed.append(path) }
        }
        cf_unmap(mapping)
    }
}

// MARK: - What another program has taken away

extension MappedFile {
    private struct Reference { weak var file: MappedFile? }
    private struct Open {
        var files: [ObjectIdentifier: Reference] = [:]
        /// Files of which zeros were read, and that went before anybody asked.
        var unnoticed: [String] = []
    }
    private static let inUse = Mutex(Open())

    /// Throws `MappedFileError` when a part of the file is gone: after reading it, what was read is not to be trusted.
    public func check() throws {
        guard isShort else { return }
        isTold.store(true, ordering: .relaxed)
        throw MappedFileError.shortened(path)
    }
    /// What `body` makes of the bytes, if they were all there; that they were not is the better reason when it fails, too.
    func checked<R>(_ body: () throws -> R) throws -> R {
        let result: R
        do { result = try body() } catch {
            try check()
            throw error
        }
        try check()
        return result
    }
    /// Checks every file that is mapped now, and those of which something was missed that are not any more. A few
    /// microseconds a file: for loops over models whose weights may be mapped.
    public static func checkAll() throws {
        let (files, unnoticed) = inUse.withLock { open in
            defer { open.unnoticed = [] }
            return (open.files.values.compactMap(\.file), open.unnoticed)
        }
        for file in files { try file.check() }
        if let path = unnoticed.first { throw MappedFileError.shortened(path) }
    }
    /// Throws when the address lies in a file of which pages were not there. At once while there never was one.
    static func check(_ address: UnsafeRawPointer?) throws {
        guard let address, cf_losses() > 0 else { return }
        try holding(address)?.check()
    }
    /// Gives back the memory of bytes that lie in a file and are not looked at soon; others are left alone.
    static func forget(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, let file = holding(start) else { return }
        withExtendedLifetime(file) { cf_forget(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
    /// The file whose mapping the address lies in.
    private static func holding(_ address: UnsafeRawPointer) -> MappedFile? {
        inUse.withLock { $0.files.values.compactMap(\.file) }.first { file in
            file.bytes.baseAddress.map { ($0..<$0 + file.bytes.count).contains(address) } == true
        }
    }

    /// Pages were not there, or will not be: the end of the file has moved forward in its last page, too.
    private var isShort: Bool {
        guard let mapping else { return false }
        if cf_is_lost(mapping) { return true }
        var status = stat()
        // Another file of that name is a replacement: the old one is all there.
        guard stat(path, &status) == 0, status.st_dev == device, status.st_ino == node else { return false }
        return status.st_size < bytes.count
    }
}

/// A file that another program has changed while it was in use.
public enum MappedFileError: UserError {
    case shortened(String)

    /// See `UserError`.
    public var kind: String { "file.changed" }
    /// See `UserError`.
    public var path: String? { if case .shortened(let path) = self { path } else { nil } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .shortened(let path):
            "'\(path)' was cut short by another program while it was in use (or its disk has failed), so what was read of it "
                + "is wrong; bring the whole file back and open it again"
        }
    }
}
