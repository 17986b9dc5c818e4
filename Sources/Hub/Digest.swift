import Base
import CDigest
import Glibc

/// A cryptographic sum over what comes in pieces.
public struct Digest {
    private var state = cd_state()

    /// Nothing so far; `isSHA1` false for SHA-256.
    init(isSHA1: Bool) { cd_begin(&state, isSHA1 ? 1 : 0) }
    /// Adds bytes at the end.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) { cd_add(&state, bytes.baseAddress, bytes.count) }
    /// Of everything so far, as lower-case hexadecimal digits.
    public var text: String {
        var copy = state, bytes = [UInt8](repeating: 0, count: 32)
        let count = Int(cd_end(&copy, &bytes)), digits = Array("0123456789abcdef")
        return String(bytes.prefix(count).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

/// What a file must hold: its SHA-256, as the hub tells of large files, or git's sum of a small one.
public enum ContentHash: Sendable, Hashable, CustomStringConvertible {
    case sha256(String)
    /// SHA-1 of `blob SIZE`, a zero byte and the contents.
    case git(String)

    /// By the number of its digits; nil for what is neither. The quotes of an ETag and its mark of weakness are taken off.
    public init?(_ text: String) {
        var text = text[...]
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        guard text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        switch text.count {
        case 64: self = .sha256(text.lowercased())
        case 40: self = .git(text.lowercased())
        default: return nil
        }
    }
    /// The digits alone.
    public var description: String {
        switch self {
        case .sha256(let text), .git(let text): text
        }
    }
    /// The sum that it is compared with, for a file of so many bytes.
    public func digest(size: Int) -> Digest {
        switch self {
        case .sha256: return Digest(isSHA1: false)
        case .git:
            var digest = Digest(isSHA1: true)
            Array("blob \(size)\0".utf8).withUnsafeBytes { digest.add($0) }
            return digest
        }
    }

    /// What a file holds, by the kind of sum that this is. Throws `FileError`, and `Cancelled` when the monitor says so.
    public func actual(_ path: String, monitor: Monitor = Monitor()) throws -> ContentHash {
        guard let size = Files.size(path) else { throw FileError.missing(path) }
        var digest = digest(size: size)
        try digest.add(file: path, count: size, monitor: monitor)
        switch self {
        case .sha256: return .sha256(digest.text)
        case .git: return .git(digest.text)
        }
    }
    /// Of bytes.
    public static func sha256(of bytes: [UInt8]) -> ContentHash { .sha256(sum(.sha256(""), bytes)) }
    /// Of bytes, as git sums them.
    public static func git(of bytes: [UInt8]) -> ContentHash { .git(sum(.git(""), bytes)) }
    private static func sum(_ kind: ContentHash, _ bytes: [UInt8]) -> String {
        var digest = kind.digest(size: bytes.count)
        bytes.withUnsafeBytes { digest.add($0) }
        return digest.text
    }
    /// Of a whole file. Throws `FileError`, and `Cancelled` when the monitor says so.
    public static func sha256(file path: String, monitor: Monitor = Monitor()) throws -> ContentHash {
        try ContentHash.sha256("").actual(path, monitor: monitor)
    }
}

extension Digest {
    /// Adds the first bytes of a file. Throws `FileError`, also where it has fewer, and `Cancelled`.
    public mutating func add(file path: String, count: Int, monitor: Monitor = Monitor()) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20), left = count
        while left > 0 {
            try monitor.checkpoint()
            let got = read(descriptor, &buffer, min(left, buffer.count))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw got < 0
                    ? FileError.last("read", path) : FileError.system(operation: "read", path: path, code: EIO)
            }
            buffer.withUnsafeBytes { add(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
            left -= got
        }
    }
}
