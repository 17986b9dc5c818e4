import Base

/// What a download would do: which files are there, which come from the cache, how much is to be fetched.
public struct DownloadPlan: Sendable {
    /// What is known of a file before anything is read.
    public enum State: Sendable, Equatable {
        /// Fetched before and untouched since.
        case here
        /// A file of the right size whose contents have to be looked at.
        case unverified
        /// In the cache of Hugging Face's programs, at this path.
        case cached(String)
        /// So many bytes of it are here.
        case partial(Int)
        case absent
    }
    /// One file of it.
    public struct Item: Sendable {
        /// What it is.
        public let file: HubFile
        /// Where it is now.
        public let state: State

        /// Bytes that need not come over the network.
        public var have: Int {
            switch state {
            case .here, .unverified, .cached: file.size
            case .partial(let bytes): bytes
            case .absent: 0
            }
        }
        /// Bytes that the disk has to take.
        var room: Int {
            switch state {
            case .here, .unverified: 0
            case .cached, .absent: file.size
            case .partial(let bytes): file.size - bytes
            }
        }
    }

    /// Where it comes from and where it goes.
    public let listing: HubListing, folder: DownloadFolder
    /// Small files first: configurations say what a model is while its weights are on their way.
    public let items: [Item]

    /// Looks at names and sizes alone. Throws `HubError.leavesFolder`.
    public init(_ listing: HubListing, _ files: [HubFile], into folder: DownloadFolder, cache: HubCache) throws {
        (self.listing, self.folder) = (listing, folder)
        items = try files.sorted { ($0.size, $0.path) < ($1.size, $1.path) }.map { file in
            Item(file: file, state: try Self.state(of: file, listing, folder, cache))
        }
    }
    private static func state(
        of file: HubFile, _ listing: HubListing, _ folder: DownloadFolder, _ cache: HubCache
    ) throws -> State {
        let place = try folder.place(of: file), size = Files.size(place.target)
        if size == file.size {
            return folder.recorded(place).map { $0.hash == file.hash } == true ? .here : .unverified
        }
        if let bytes = Files.size(place.part), bytes <= file.size, Sidecar.read(place) == Sidecar(file) {
            return .partial(bytes)
        }
        if let path = cache.blob(file, of: listing.repository) { return .cached(path) }
        // A large file that is shorter than it should be was cut off by a program that does not check.
        if let size, size > 0, size < file.size, case .sha256 = file.hash { return .partial(size) }
        if let path = cache.incomplete(file, of: listing.repository) { return .partial(Files.size(path) ?? 0) }
        return .absent
    }

    /// Bytes of all files, and of those that are to come over the network.
    public var byteCount: Int { items.reduce(0) { $0 + $1.file.size } }
    /// Bytes that are to come over the network.
    public var toFetch: Int { items.reduce(0) { $0 + $1.file.size - $1.have } }
    /// Nothing is to be done or looked at.
    public var isDone: Bool { items.allSatisfy { $0.state == .here } }
    /// Throws `HubError.noSpace` where the disk has no room for it.
    public func requireRoom() throws {
        let needed = items.reduce(0) { $0 + $1.room }
        if let free = folder.freeSpace, free < needed {
            throw HubError.noSpace(folder.path, needed: needed, free: free)
        }
    }
    /// One line: what comes from where, how much of it is here.
    public var summary: String {
        let commit = listing.commit.count == 40 ? String(listing.commit.prefix(7)) : listing.commit
        let fetched = toFetch == 0 ? "nothing to fetch" : "\(ByteCount(toFetch)) to fetch"
        let free = folder.freeSpace.map { ", \(ByteCount($0)) free" } ?? ""
        return "\(listing.repository) at \(commit) → \(Path.relative(folder.path, to: ".")): "
            + "\(counted(items.count, "file")), \(ByteCount(byteCount)), \(fetched)\(free)"
    }
}

/// What the bytes of a file that is being fetched are of.
struct Sidecar: Equatable {
    let hash: String, size: Int

    init(_ file: HubFile) { (hash, size) = (file.hash?.description ?? "", file.size) }
    /// Nil where there is none that can be read.
    static func read(_ place: DownloadFolder.Place) -> Sidecar? {
        guard let json = try? Files.json(place.sidecar), let hash = json["etag"]?.string,
            let size = json["size"]?.integer
        else { return nil }
        return Sidecar(hash, size)
    }
    private init(_ hash: String, _ size: Int) { (self.hash, self.size) = (hash, size) }
    /// Before the first byte: what has no sidecar is not gone on with.
    func write(_ place: DownloadFolder.Place, commit: String, from address: HTTPAddress) throws {
        let json: JSON = [
            "url": .string("\(address)"), "commit": .string(commit), "etag": .string(hash), "size": .integer(size),
        ]
        try AtomicFile.write(json.text() + "\n", to: place.sidecar)
    }
}
