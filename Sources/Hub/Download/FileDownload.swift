import Base
import Glibc

/// One file on its way: gone on with where another process left it, and in its place only when it holds what it must.
final class FileDownload {
    private let client: HubClient, listing: HubListing, item: DownloadPlan.Item, file: HubFile, folder: DownloadFolder,
        cache: HubCache
    private let place: DownloadFolder.Place, connection: HTTPConnection, monitor: Monitor
    /// How many bytes more, or fewer, there are.
    private let moved: (Int) -> Void
    private let bytes: PartialFile
    /// The host that sent the last bytes, for a sentence.
    private var host: String

    /// Throws `HubError` or `FileError`.
    init(
        _ client: HubClient, _ listing: HubListing, _ item: DownloadPlan.Item, _ folder: DownloadFolder,
        _ cache: HubCache,
        _ connection: HTTPConnection, _ monitor: Monitor, moved: @escaping (Int) -> Void
    ) throws {
        (self.client, self.listing, self.item, file) = (client, listing, item, item.file)
        (self.folder, self.cache) = (folder, cache)
        (self.connection, self.monitor, self.moved) = (connection, monitor, moved)
        place = try folder.place(of: item.file)
        try folder.prepare(place)
        bytes = PartialFile(place.part, item.file)
        host = client.endpoint.authority
    }

    /// Throws `HubError`, `HTTPError`, `FileError` or `Cancelled`; what has come so far stays for the next try.
    func run() throws {
        let lock = try FileLock(place.lock, monitor) {
            monitor.note("another program is fetching '\(file.path)': waiting for it")
        }
        defer { lock.release() }
        if try isHere() { return moved(file.size - item.have) }
        var doubt = try open()
        moved(bytes.count - item.have)
        defer { bytes.close() }
        while true {
            do { try fetch() } catch let error as HubError {
                if case .wrongSize = error { forget() }
                throw error
            }
            guard let found = bytes.mismatch else { break }
            moved(-file.size)
            guard let known = doubt else {
                forget()
                throw HubError.wrongContent(file.path, host: host, expected: found.expected, found: found.found)
            }
            // What was here was no beginning of it. Once: what comes from the start is the file or is not.
            monitor.note("what was here of '\(file.path)' is not the published file: it is fetched from the start")
            if let size = known.size {
                try bytes.putAside(size, as: place.target + ".old")
            } else {
                try bytes.startOver()
            }
            doubt = nil
        }
        try finish()
    }
    private func forget() {
        Files.remove(place.part)
        Files.remove(place.sidecar)
    }

    // MARK: What is there

    /// Bytes that were here before, and may be of something else.
    private struct Doubt {
        /// Of a file that was taken for the beginning; nil where the bytes are anybody's.
        let size: Int?
    }

    /// Whether the file itself is whole; its contents are looked at where nothing else tells.
    private func isHere() throws -> Bool {
        guard Files.size(place.target) == file.size else { return false }
        if let note = folder.recorded(place), note.hash == file.hash { return true }
        if let hash = file.hash {
            guard try hash.actual(place.target, monitor: monitor) == hash else { return false }
            try folder.record(place, commit: listing.commit, hash)
        }
        return true
    }
    /// Opens what is there of the file.
    private func open() throws -> Doubt? {
        let address = client.address(of: file, in: listing), size = Files.size(place.part)
        let isOurs = size.map { $0 <= file.size } ?? false && Sidecar.read(place) == Sidecar(file)
        var doubt: Doubt? = isOurs && size ?? 0 > 0 ? Doubt(size: nil) : nil
        if !isOurs {
            Files.remove(place.part)
            try Sidecar(file).write(place, commit: listing.commit, from: address)
            doubt = try adopt()
        }
        try bytes.open(monitor)
        return doubt
    }
    /// Bytes that other programs have of it, or had.
    private func adopt() throws -> Doubt? {
        if let path = cache.blob(file, of: listing.repository) ?? cache.incomplete(file, of: listing.repository) {
            try Files.copy(path, to: place.part, monitor: monitor)
            return Doubt(size: nil)
        }
        // A large file that is shorter than it should be was cut off by a program that does not check.
        guard case .sha256 = file.hash, let size = Files.size(place.target), size > 0, size < file.size else {
            return nil
        }
        guard rename(place.target, place.part) == 0 else { throw FileError.last("go on with", place.target) }
        return Doubt(size: size)
    }

    // MARK: Fetching

    private func fetch() throws {
        var failures = 0
        while bytes.count < file.size {
            let before = bytes.count
            do {
                try attempt(&failures)
                continue
            } catch let error as HTTPError where error.mayPass {
                if bytes.count > before {
                    failures = 0
                    continue
                }
                guard failures < client.retries else { throw explained(error) }
            }
            try client.sleep(failures, monitor)
            failures += 1
        }
    }
    /// One request, with its redirects. Throws what ended it.
    private func attempt(_ failures: inout Int) throws {
        var address = client.address(of: file, in: listing), hops = 0
        while true {
            try client.pause.wait(monitor) { monitor.report(Progress("waiting: \($0)", 0, of: nil, "MB")) }
            let before = bytes.count
            let response = try connection.perform(
                request(address), isStopped: { self.monitor.shouldStop }, takes: { try self.takes($0, from: address) },
                sink: { piece in
                    guard self.bytes.count + piece.count <= self.file.size else {
                        throw self.wrongSize(self.bytes.count + piece.count)
                    }
                    try self.bytes.append(piece)
                    self.moved(piece.count)
                })
            if bytes.count > before { failures = 0 }
            switch response.status {
            case 200, 206:
                // An answer may end early without a word: the rest is asked for.
                guard bytes.count < file.size else { return }
                guard bytes.count > before else { throw HTTPError.broken(address, reason: "it sent nothing") }
                return
            case 300..<400:
                guard let location = response.headers["location"] else {
                    throw HubError.failed("'\(file.path)'", host: address.authority, reason: "redirects to nowhere")
                }
                address = try client.next(from: address, location, &hops)
            default:
                try refused(response, address, isRedirected: hops > 0, &failures)
                return
            }
        }
    }
    private func request(_ address: HTTPAddress) -> HTTPRequest {
        var request = client.request("GET", address)
        request.headers.append(("Accept-Encoding", "identity"))
        if bytes.count > 0 { request.headers.append(("Range", "bytes=\(bytes.count)-")) }
        if client.environment.isCounted, address.isSameOrigin(as: client.endpoint) {
            request.headers.append(("X-HF-Download-Counter", "1"))
        }
        (request.timeout, request.idleTimeout, request.isIdentity) = (0, client.environment.idleTimeout, true)
        return request
    }
    /// Whether the body that follows is of the file, from the place that was asked for.
    private func takes(_ head: HTTPResponse, from address: HTTPAddress) throws -> Bool {
        guard head.status == 200 || head.status == 206 else { return false }
        host = address.authority
        if head.status == 200 {
            if let text = head.headers["content-length"], let length = Int(text), length != file.size {
                throw wrongSize(length)
            }
            // It knows nothing of ranges: everything comes again.
            if bytes.count > 0 { try startOver() }
            return true
        }
        // bytes 100-199/200
        let range = (head.headers["content-range"] ?? "").split { " -/".contains($0) }
        guard range.count >= 4, Int(range[1]) == bytes.count, range[3] == "*" || Int(range[3]) == file.size else {
            if let total = range.last.flatMap({ Int($0) }), total != file.size { throw wrongSize(total) }
            throw HTTPError.broken(address, reason: "it sent another part than was asked for")
        }
        return true
    }
    private func startOver() throws {
        moved(-bytes.count)
        try bytes.startOver()
    }
    private func wrongSize(_ found: Int) -> HubError {
        .wrongSize(file.path, host: host, expected: file.size, found: found)
    }

    /// What an answer that is no file means. Throws what cannot be mended by asking again.
    private func refused(
        _ response: HTTPResponse, _ address: HTTPAddress, isRedirected: Bool, _ failures: inout Int
    ) throws {
        let isOurs = address.isSameOrigin(as: client.endpoint), count = failures
        // What is here is not what is there, or more than that.
        if response.status == 416 || response.status == 412, bytes.count > 0 {
            failures += 1
            if failures <= client.retries { return try startOver() }
        }
        // The signature of an address holds for an hour: the hub gives a new one.
        if isRedirected, !isOurs, [400, 401, 403, 404, 410].contains(response.status), count < client.retries {
            failures += 1
            return
        }
        if try client.waits(response, address, &failures, monitor) { return }
        if isOurs,
            let refusal = HubRefusal(
                response, .part(file.path, listing.repository), at: client.endpoint, token: client.token)
        {
            throw HubError.refused(refusal)
        }
        let said = HubMessage.text(response, masking: client.token?.key)
        let reason = "answered \(response.status)\(said.isEmpty ? "" : ": \(said)")"
        guard isOurs || isPlain else {
            throw HubError.bytesHost(address.host, endpoint: client.endpoint.host, reason: reason)
        }
        throw HubError.failed("'\(file.path)'", host: address.authority, reason: reason)
    }
    /// The hub itself: everybody knows that its bytes lie elsewhere.
    private var isPlain: Bool { "\(client.endpoint)" == HubEnvironment.publicEndpoint }
    private func explained(_ error: HTTPError) -> any Error {
        guard let address = error.address, !address.isSameOrigin(as: client.endpoint), !isPlain else { return error }
        return HubError.bytesHost(address.host, endpoint: client.endpoint.host, reason: "\(error)")
    }

    private func finish() throws {
        try bytes.flush()
        bytes.close()
        if Files.exists(place.target) {
            let old = place.target + ".old"
            guard rename(place.target, old) == 0 else { throw FileError.last("put aside", place.target) }
            monitor.note("'\(place.target)' was not the published file: it is kept as '\(Path.name(old))'")
        }
        guard rename(place.part, place.target) == 0 else { throw FileError.last("put in place", place.target) }
        try AtomicFile.synchronize(Path.folder(place.target), naming: place.target)
        if let hash = file.hash { try folder.record(place, commit: listing.commit, hash) }
        Files.remove(place.sidecar)
    }
}
