import Base
import CCurl
import Foundation

/// A connection to servers, kept open between requests. One thread at a time.
///
/// Redirects are not followed and nothing is tried again: whoever asks decides. A proxy is taken from the environment, but
/// never to this machine.
public final class HTTPConnection {
    private let session: OpaquePointer

    /// No connection yet.
    public init() {
        guard let session = cc_session_new() else { preconditionFailure("the system is out of memory") }
        self.session = session
    }
    deinit { cc_session_free(session) }

    /// The answer, whatever its status. Throws `HTTPError`, and `Cancelled` soon after `isStopped` says true.
    public func perform(_ request: HTTPRequest, isStopped: @escaping () -> Bool = { false }) throws -> HTTPResponse {
        let lines = try request.headers.map { name, value in
            guard (name + value).unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
                throw HTTPError.header(name)
            }
            return strdup("\(name): \(value)")
        }
        defer { for line in lines { free(line) } }
        let received = Received(limit: request.largestAnswer, isStopped: isStopped)
        var status = 0, reason = [CChar](repeating: 0, count: Int(CC_REASON))
        let outcome = perform(request, lines.map { UnsafePointer($0) } + [nil], received, &status, &reason)
        let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let address = request.address
        switch outcome {
        case CC_DONE: return HTTPResponse(status: status, headers: received.headers, body: received.body)
        case CC_STOPPED: throw Cancelled()
        case CC_TOO_LONG: throw HTTPError.tooLong(address, limit: request.largestAnswer)
        case CC_NO_HOST: throw HTTPError.noHost(address)
        case CC_NO_CONNECTION: throw HTTPError.noConnection(address, reason: text)
        case CC_NOT_TRUSTED: throw HTTPError.notTrusted(address, reason: text)
        case CC_TIMED_OUT: throw HTTPError.timedOut(address, seconds: request.timeout)
        case CC_MALFORMED: throw HTTPError.address("\(address)", reason: text)
        default: throw HTTPError.broken(address, reason: text)
        }
    }

    private func perform(
        _ request: HTTPRequest, _ lines: [UnsafePointer<CChar>?], _ received: Received, _ status: inout Int,
        _ reason: inout [CChar]
    ) -> cc_outcome {
        var receiver = cc_receiver()
        receiver.context = Unmanaged.passUnretained(received).toOpaque()
        receiver.body = { context, bytes, count in Received.of(context)?.take(bytes, count) ?? 0 }
        receiver.header = { context, bytes, count in Received.of(context)?.takeHeader(bytes, count) }
        receiver.stop = { context in Received.of(context)?.isStopped() ?? true }
        let authorities = ["SSL_CERT_FILE", "CURL_CA_BUNDLE"].compactMap { ProcessInfo.processInfo.environment[$0] }
            .first { !$0.isEmpty }
        return request.method.withCString { method in
            "\(request.address)".withCString { url in
                lines.withUnsafeBufferPointer { lines in
                    (request.body ?? []).withUnsafeBytes { bytes in
                        withOptionalCString(authorities) { authorities in
                            var call = cc_request()
                            (call.method, call.url, call.headers) = (method, url, lines.baseAddress)
                            call.body = request.body == nil ? nil : bytes.baseAddress ?? UnsafeRawPointer(method)
                            call.body_length = bytes.count
                            call.connect_seconds = Int(request.connectTimeout.rounded(.up))
                            call.total_seconds = Int(request.timeout.rounded(.up))
                            call.authorities = authorities
                            call.direct = request.address.isLoopback || request.address.isLinkLocal
                            return withExtendedLifetime(received) {
                                cc_perform(session, &call, &receiver, &status, &reason)
                            }
                        }
                    }
                }
            }
        }
    }
    private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }
}

/// An answer as it comes in.
private final class Received {
    private(set) var body: [UInt8] = []
    private(set) var headers: [String: String] = [:]
    private let limit: Int
    let isStopped: () -> Bool

    init(limit: Int, isStopped: @escaping () -> Bool) { (self.limit, self.isStopped) = (limit, isStopped) }

    static func of(_ context: UnsafeMutableRawPointer?) -> Received? {
        context.map { Unmanaged<Received>.fromOpaque($0).takeUnretainedValue() }
    }
    /// How many bytes were taken: all, or none when that would be too many.
    func take(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes, body.count + count <= limit else { return 0 }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }
    func takeHeader(_ bytes: UnsafePointer<CChar>?, _ count: Int) {
        guard let bytes else { return }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        // The head of an interim answer comes before that of the answer.
        if line.hasPrefix("HTTP/") { headers = [:] }
        guard let colon = line.firstIndex(of: ":") else { return }
        headers[line[..<colon].lowercased()] =
            line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
