import Base
import Foundation

/// A request that is on its way: what is sent of a file, and the answer as it comes in.
final class Transfer {
    typealias Sink = (takes: (HTTPResponse) throws -> Bool, sink: (UnsafeRawBufferPointer) throws -> Void)

    private(set) var body: [UInt8] = []
    private(set) var headers: [String: String] = [:]
    /// What a sink, or the file that is sent, has thrown.
    private(set) var failure: (any Error)?
    let isStopped: () -> Bool
    private var status = 0
    private let limit: Int
    private let sink: Sink?
    /// Whether the sink wants this body; nil before it was asked.
    private var isTaken: Bool?
    private let part: FilePart?, descriptor: Int32

    /// Throws `FileError` for a file that cannot be sent.
    init(_ request: HTTPRequest, _ isStopped: @escaping () -> Bool, _ sink: Sink?) throws {
        (limit, self.isStopped, self.sink, part) = (request.largestAnswer, isStopped, sink, request.upload)
        descriptor = request.upload.map { open($0.path, O_RDONLY | O_CLOEXEC) } ?? -1
        if let part, descriptor < 0 { throw FileError.last("open", part.path) }
    }
    deinit { if descriptor >= 0 { close(descriptor) } }

    static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// How many bytes were taken: all, or none to end the transfer.
    func take(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: count)
        do {
            if let sink {
                let takes = try isTaken ?? sink.takes(HTTPResponse(status: status, headers: headers, body: []))
                isTaken = takes
                if takes {
                    try sink.sink(piece)
                    return count
                }
            }
            guard body.count + count <= limit else { return 0 }
            body.append(contentsOf: piece)
            return count
        } catch {
            failure = error
            return 0
        }
    }
    func takeHeader(_ bytes: UnsafePointer<CChar>?, _ count: Int) {
        guard let bytes else { return }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        // The head of an interim answer comes before that of the answer.
        if line.hasPrefix("HTTP/") {
            headers = [:]
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let name = line[..<colon].lowercased()
        let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
        headers[name] = name == "link" && headers[name] != nil ? "\(headers[name] ?? ""), \(value)" : value
    }

    /// Bytes of the file from `offset` of its part; how many, -1 to end the transfer.
    func give(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ offset: Int64) -> Int {
        guard let part, let bytes else { return -1 }
        let wanted = min(count, part.count - Int(offset))
        guard wanted > 0 else { return 0 }
        let given = pread(descriptor, bytes, wanted, off_t(part.start + Int(offset)))
        if given <= 0 {
            failure = given < 0 ? FileError.last("read", part.path) : HTTPError.changed(part.path)
            return -1
        }
        return given
    }
}
