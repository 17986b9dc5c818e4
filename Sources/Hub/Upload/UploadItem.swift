import Base
import Foundation

/// One file of a repository that is to be, and where its bytes are.
public struct UploadItem: Sendable {
    /// Where it goes.
    public let path: String
    /// Bytes in it.
    public let size: Int
    private let source: Source
    private enum Source: Sendable {
        case file(String)
        case bytes([UInt8])
    }

    /// A file of this disk. Throws `FileError`, and `HubError.fileName` for a path that no repository should have.
    public init(_ path: String, file: String) throws {
        guard let size = Files.size(file) else { throw FileError.missing(file) }
        self.path = try HubFile(path, size: size, hash: nil).path
        (self.size, source) = (size, .file(file))
    }
    /// A text. Throws `HubError.fileName`.
    public init(_ path: String, text: String) throws {
        self.path = try HubFile(path, size: 0, hash: nil).path
        let bytes = Array(text.utf8)
        (size, source) = (bytes.count, .bytes(bytes))
    }

    /// All of it. Throws `FileError`.
    func bytes() throws -> [UInt8] {
        switch source {
        case .bytes(let bytes): bytes
        case .file(let path): try Files.read(path)
        }
    }
    /// The first bytes, by which a hub tells what it is.
    func sample() throws -> [UInt8] {
        guard case .file(let path) = source else { return Array(try bytes().prefix(512)) }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw FileError.missing(path) }
        defer { try? handle.close() }
        return Array(try handle.read(upToCount: 512) ?? Data())
    }
    /// Its SHA-256. Throws `FileError` or `Cancelled`.
    func sha256(_ monitor: Monitor) throws -> String {
        switch source {
        case .bytes(let bytes): ContentHash.sha256(of: bytes).description
        case .file(let path): try ContentHash.sha256(file: path, monitor: monitor).description
        }
    }
    /// Makes a part of it what a request sends.
    func put(_ range: Range<Int>, in request: inout HTTPRequest) {
        switch source {
        case .file(let path): request.upload = FilePart(path, start: range.lowerBound, count: range.count)
        case .bytes(let bytes): request.body = Array(bytes[range])
        }
    }
}
