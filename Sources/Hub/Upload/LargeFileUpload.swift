import Base

/// One large file on its way to the place that a hub gave for it, whole or in parts.
struct LargeFileUpload {
    /// What Git LFS calls its JSON.
    static let type = "application/vnd.git-lfs+json"
    /// The address had run out: a new one has to be asked for.
    struct Expired: Error {}

    private let client: HubClient, item: UploadItem, action: JSON, sum: String
    private let connection: HTTPConnection, monitor: Monitor, moved: (Int) -> Void

    init(
        _ client: HubClient, _ item: UploadItem, _ action: JSON, sum: String, _ connection: HTTPConnection,
        _ monitor: Monitor,
        moved: @escaping (Int) -> Void
    ) {
        (self.client, self.item, self.action, self.sum) = (client, item, action, sum)
        (self.connection, self.monitor, self.moved) = (connection, monitor, moved)
    }

    /// Throws `Expired`, `HubError`, `HTTPError`, `FileError` or `Cancelled`.
    func run() throws {
        guard let href = action["href"]?.string else { throw malformed("no address") }
        let header = action["header"]?.object ?? JSONObject()
        guard let text = header["chunk_size"] else {
            var headers: [(String, String)] = []
            for (name, value) in header.members { if let value = value.string { headers.append((name, value)) } }
            _ = try put(try HTTPAddress(href), 0..<item.size, headers)
            return
        }
        guard let size = text.integer ?? text.string.flatMap({ Int($0) }), size > 0 else {
            throw malformed("no size of its parts")
        }
        let places = header.members.compactMap { name, value in
            Int(name).flatMap { number in value.string.map { (number, $0) } }
        }
        .sorted { $0.0 < $1.0 }
        let count = (item.size + size - 1) / size
        guard places.count == count else { throw malformed("\(places.count) places for \(counted(count, "part"))") }
        var parts: [JSON] = []
        for (index, place) in places.enumerated() {
            let range = index * size..<min((index + 1) * size, item.size)
            let response = try put(try HTTPAddress(place.1), range, [])
            guard let tag = response.headers["etag"], !tag.isEmpty else {
                throw malformed("no ETag for part \(place.0)")
            }
            parts.append(["partNumber": .integer(place.0), "etag": .string(tag)])
        }
        var request = HTTPRequest("POST", try HTTPAddress(href))
        request.headers = [("Content-Type", Self.type), ("Accept", Self.type)]
        request.body = Array((["oid": .string(sum), "parts": .array(parts)] as JSON).compactText.utf8)
        request.timeout = 300
        let response = try client.response(request, connection, monitor)
        if Self.expired.contains(response.status) { throw Expired() }
        guard response.status < 300 else { throw failure(response, request.address) }
    }
    /// What an address answers whose time is over.
    private static let expired = [400, 401, 403, 404, 410]

    /// Sends a part with the headers that came with its address alone: that is signed, and a token is none of its business.
    private func put(_ address: HTTPAddress, _ range: Range<Int>, _ headers: [(String, String)]) throws -> HTTPResponse
    {
        var repeats = 0
        while true {
            var request = HTTPRequest("PUT", address)
            request.headers = headers.map { (name: $0.0, value: $0.1) }
            (request.timeout, request.idleTimeout) = (0, client.environment.idleTimeout)
            item.put(range, in: &request)
            do {
                let response = try connection.perform(request, isStopped: { monitor.shouldStop })
                if response.status < 300 {
                    moved(range.count)
                    return response
                }
                if Self.expired.contains(response.status) { throw Expired() }
                if try client.waits(response, address, &repeats, monitor) { continue }
                throw failure(response, address)
            } catch let error as HTTPError where error.mayPass && repeats < client.retries {
                try client.sleep(repeats, monitor)
                repeats += 1
            }
        }
    }
    private func failure(_ response: HTTPResponse, _ address: HTTPAddress) -> HubError {
        let said = HubMessage.text(response, masking: client.token?.key)
        return .failed(
            "'\(item.path)'", host: address.authority,
            reason: "answered \(response.status)\(said.isEmpty ? "" : ": \(said)")")
    }
    private func malformed(_ reason: String) -> HubError {
        .failed("'\(item.path)'", host: client.endpoint.authority, reason: "gives \(reason)")
    }
}
