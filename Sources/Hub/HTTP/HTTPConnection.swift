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
        try perform(request, isStopped: isStopped, sink: nil)
    }
    /// The same for a body that is too large to keep: `takes` is asked once the head is there, and where it says true the
    /// body goes to `sink` piece by piece. What either throws ends the transfer and is thrown.
    public func perform(
        _ request: HTTPRequest, isStopped: @escaping () -> Bool = { false },
        takes: @escaping (HTTPResponse) throws -> Bool, sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> HTTPResponse {
        try perform(request, isStopped: isStopped, sink: (takes, sink))
    }

    private func perform(
        _ request: HTTPRequest, isStopped: @escaping () -> Bool, sink: Transfer.Sink?
    ) throws -> HTTPResponse {
        let lines = try request.headers.map { name, value in
            guard (name + value).unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
                throw HTTPError.header(name)
            }
            return strdup("\(name): \(value)")
        }
        defer { for line in lines { free(line) } }
        let transfer = try Transfer(request, isStopped, sink)
        var status = 0, reason = [CChar](repeating: 0, count: Int(CC_REASON))
        let outcome = perform(request, lines.map { UnsafePointer($0) } + [nil], transfer, &status, &reason)
        let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let address = request.address
        // The cause, where curl knows only that it was told to end.
        if let failure = transfer.failure { throw failure }
        switch outcome {
        case CC_DONE: return HTTPResponse(status: status, headers: transfer.headers, body: transfer.body)
        case CC_STOPPED: throw Cancelled()
        case CC_TOO_LONG: throw HTTPError.tooLong(address, limit: request.largestAnswer)
        case CC_NO_HOST: throw HTTPError.noHost(address)
        case CC_NO_CONNECTION: throw HTTPError.noConnection(address, reason: text)
        case CC_NOT_TRUSTED: throw HTTPError.notTrusted(address, reason: text)
        case CC_TIMED_OUT:
            throw HTTPError.timedOut(address, seconds: request.timeout > 0 ? request.timeout : request.idleTimeout)
        case CC_MALFORMED: throw HTTPError.address("\(address)", reason: text)
        default: throw HTTPError.broken(address, reason: text)
        }
    }

    private func perform(
        _ request: HTTPRequest, _ lines: [UnsafePointer<CChar>?], _ transfer: Transfer, _ status: inout Int,
        _ reason: inout [CChar]
    ) -> cc_outcome {
        var receiver = cc_receiver()
        receiver.context = Unmanaged.passUnretained(transfer).toOpaque()
        receiver.body = { context, bytes, count in Transfer.of(context)?.take(bytes, count) ?? 0 }
        receiver.header = { context, bytes, count in Transfer.of(context)?.takeHeader(bytes, count) }
        receiver.stop = { context in Transfer.of(context)?.isStopped() ?? true }
        receiver.upload = { context, bytes, count, offset in Transfer.of(context)?.give(bytes, count, offset) ?? -1 }
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
                            call.upload_length = request.upload.map { Int64($0.count) } ?? -1
                            call.identity = request.isIdentity
                            call.once = request.isOnce
                            call.connect_seconds = Int(request.connectTimeout.rounded(.up))
                            call.idle_seconds = Int(request.idleTimeout.rounded(.up))
                            call.total_seconds = Int(request.timeout.rounded(.up))
                            call.authorities = authorities
                            call.direct = request.address.isLoopback || request.address.isLinkLocal
                            return withExtendedLifetime(transfer) {
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
