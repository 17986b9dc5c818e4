import Base
import Hub
import Synchronization

/// A model on its way from a hub to the disk: how far it is, and where it is then. Safe from any thread.
public final class ModelDownload: Sendable {
    /// 1, 2, … in this session.
    public let number: Int
    /// Its thread, its events and its end.
    public let job: Job<Never>
    private let facts = Mutex(Facts())
    private struct Facts {
        var plan: DownloadPlan?
        var path: String?
    }

    /// Where a model comes from.
    public enum Source: String, CaseIterable, Sendable {
        /// The hub, and ModelScope when the hub cannot be reached.
        case auto
        case hub, modelscope
    }
    /// How it is fetched.
    public struct Options: Sendable {
        /// The address of a hub; nil for that of `HF_ENDPOINT`.
        public var endpoint: String?
        /// A branch, tag or commit.
        public var revision = "main"
        /// Patterns of files; empty for those that belong to the model.
        public var files: [String] = []
        /// The folder; nil for `models/NAME`.
        public var output: String?
        /// Where it comes from.
        public var source = Source.auto
        /// Files at a time.
        public var workers = 8
        /// How failures that may pass are waited for, and the variables that hold; nil for those of the process.
        var waiting = Waiting(), environment: HubEnvironment?

        /// As a person would want it.
        public init() {}
    }

    /// `"download #1"`.
    public var name: String { job.name }
    /// Where it is now.
    public var state: JobState { job.state }
    /// Nothing more happens.
    public var isOver: Bool { state.isOver }
    /// Why it failed.
    public var failure: (any Error)? { job.failure }
    /// What is fetched; nil before that is known.
    public var plan: DownloadPlan? { facts.withLock { $0.plan } }
    /// The model, once it is there: a folder or a single file.
    public var path: String? { facts.withLock { $0.path } }
    /// Asks it to end; what has come so far stays. Returns at once.
    public func stop() { job.stop() }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { job.wait(seconds: seconds) }

    private static let count = Atomic(0)

    /// Begins to fetch a model: a name of the registry, a version name, or a repository. Returns at once.
    ///
    /// Throws `HubError` for names and addresses that cannot be.
    public init(_ what: String, _ options: Options = Options(), models: String = "models") throws {
        try SessionRanks.requireAlone("downloading")
        number = Self.count.add(1, ordering: .relaxed).newValue
        job = Job("download #\(number)")
        let request = try Request(what, options, models)
        job.start { [self] in
            let path = try Self.fetch(request, job.monitor) { plan in facts.withLock { $0.plan = plan } }
            facts.withLock { $0.path = path }
            return .finished
        }
    }

    /// What fetching would do; fetches lists alone. Throws `HubError`, `HTTPError` or `Cancelled`.
    public static func plan(
        _ what: String, _ options: Options = Options(), models: String = "models", monitor: Monitor = Monitor()
    ) throws -> DownloadPlan { try Request(what, options, models).plan(monitor).plan }

    private static func fetch(_ request: Request, _ monitor: Monitor, planned: (DownloadPlan) -> Void) throws -> String
    {
        if let variable = request.environment.offlineVariable {
            guard let path = request.present else {
                throw HubError.offline(variable: variable, what: "\(request.repository) is not whole on this disk")
            }
            monitor.note("\(variable) is set: '\(path)' is taken as it is")
            return path
        }
        var isPinnedAnew = false
        while true {
            let (client, plan) = try request.plan(monitor)
            planned(plan)
            monitor.note(plan.summary)
            do {
                try Download(client, plan, cache: request.cache, workers: request.options.workers).run(monitor)
            } catch HubError.refused(let refusal) where refusal.cause == .revisionMissing && !isPinnedAnew {
                isPinnedAnew = true
                monitor.note("\(request.repository) has been rewritten meanwhile: its newest commit is fetched")
                continue
            }
            if let broken = try? ModelCheck(request.place, models: request.models), request.isVideoModel,
                !broken.isComplete
            {
                monitor.note("\(broken)")
            }
            return request.place
        }
    }
}

/// What is asked for, taken apart.
private struct Request {
    let model: PublishedModel?, repository: HubRepository, options: ModelDownload.Options
    let environment: HubEnvironment, cache: HubCache, folder: DownloadFolder
    let models: String

    init(_ what: String, _ options: ModelDownload.Options, _ models: String) throws {
        (self.options, self.models) = (options, models)
        model = ModelRegistry.find(what)
        if model == nil, !what.contains("/") {
            let names = ModelRegistry.all.map(\.name)
            throw HubError.unknownModel(what, hint: Suggestion.hint(for: what, in: names))
        }
        repository = try HubRepository(model?.repository ?? what)
        environment = try options.environment ?? HubEnvironment()
        cache = HubCache(environment.cache)
        folder = DownloadFolder(options.output ?? Path.join(models, repository.name))
        guard !options.revision.isEmpty, !options.revision.contains("..") else {
            throw HubError.setting("'revision'", "it is no name")
        }
        if let endpoint = options.endpoint { _ = try HubClient(environment, endpoint: endpoint) }
    }

    /// Where the model is once it is there.
    var place: String {
        let file = model?.checkpoint.flatMap { options.files.isEmpty ? $0 : nil }
        return file.map { Path.join(folder.path, $0) } ?? folder.path
    }
    /// Whether it is one that can be checked.
    var isVideoModel: Bool { options.files.isEmpty && model.map { $0.name.lowercased().hasPrefix("ltxv") } ?? false }
    /// A model of the name that is on this disk already.
    var present: String? {
        if Files.exists(place) { return place }
        return cache.snapshot(of: repository, revision: options.revision)
    }

    /// Where the bytes come from, and what is to be done.
    func plan(_ monitor: Monitor) throws -> (client: HubClient, plan: DownloadPlan) {
        let (client, listing) = try listing(monitor)
        var files: [HubFile]
        if options.files.isEmpty, let patterns = model?.files, !patterns.isEmpty {
            // A repository need not have every folder.
            files = listing.files.filter { file in patterns.contains { HubListing.matches(file.path, $0) } }
        } else {
            files = try listing.matching(options.files)
        }
        if options.files.isEmpty { files.removeAll { $0.path == ".gitattributes" } }
        if files.isEmpty { throw HubError.noFile(model?.files.joined(separator: "', '") ?? "*", repository) }
        return (client, try DownloadPlan(listing, files, into: folder, cache: cache))
    }
    private func listing(_ monitor: Monitor) throws -> (HubClient, HubListing) {
        let hub = try HubClient(environment, endpoint: options.endpoint, waiting: options.waiting)
        if try hub.keepsToken {
            monitor.note(
                "your token is not sent to \(hub.endpoint.host), which is \(hub.endpoint.scheme == "http" ? "not encrypted" : "a public mirror")"
            )
        }
        if options.source == .modelscope { return try modelScope(hub, monitor) }
        do { return (hub, try hub.listing(of: repository, revision: options.revision, monitor: monitor)) } catch {
            guard options.source == .auto, let error = error as? any UserError,
                ["hub.network", "http.network"].contains(error.kind)
            else { throw error }
            monitor.note("\(error); ModelScope is asked instead")
            do { return try modelScope(nil, monitor) } catch is Cancelled { throw Cancelled() } catch let second {
                monitor.note("ModelScope has it not either: \(second)")
                throw error
            }
        }
    }
    /// Bytes of ModelScope; what they must be is the hub's to say, where it can be reached.
    private func modelScope(_ hub: HubClient?, _ monitor: Monitor) throws -> (HubClient, HubListing) {
        let client = try HubClient.modelScope(environment, waiting: options.waiting)
        if let hub {
            do {
                return (client, try hub.listing(of: repository, revision: options.revision, monitor: monitor))
            } catch is Cancelled {
                throw Cancelled()
            } catch { monitor.note("\(hub.endpoint.host) cannot say what the files must be (\(error))") }
        }
        let listing = try client.listing(of: repository, revision: options.revision, monitor: monitor)
        monitor.note("the files are held against the sums of ModelScope itself: no list of the hub was to be had")
        return (client, listing)
    }
}
