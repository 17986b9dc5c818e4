import Base
import Glibc

/// The folder that a dataset was opened in: a path can lead to another one by the time that something is written.
final class OpenedFolder: Sendable {
    private let path: String
    /// Kept open, so that no other folder can get its number.
    private let descriptor: Int32

    init(_ path: String) { (self.path, descriptor) = (path, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) }
    deinit { if descriptor >= 0 { close(descriptor) } }

    /// False once the path leads to nothing or to another folder. What cannot be told is taken for unchanged: then
    /// writing itself says what is wrong.
    var isInPlace: Bool {
        var opened = stat(), found = stat()
        guard descriptor >= 0, fstat(descriptor, &opened) == 0 else { return true }
        guard stat(path, &found) == 0 else { return errno != ENOENT && errno != ENOTDIR }
        return (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino)
    }
    /// Throws `DatasetError.moved` once it is not: another folder that has the name gets nothing of ours.
    func requireInPlace(_ files: DatasetFiles) throws {
        guard isInPlace else {
            throw DatasetError.moved(path, to: whereabouts, journal: Path.name(files.journal))
        }
    }
    /// Where it is now, `nil` when it was deleted or the system does not tell.
    var whereabouts: String? {
        var status = stat(), buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard fstat(descriptor, &status) == 0, status.st_nlink > 0 else { return nil }
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
