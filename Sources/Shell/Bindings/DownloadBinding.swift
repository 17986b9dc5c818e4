import Base
import Hub
import LuaKit
import Workbench

extension ModelDownload: LuaObject {
    /// The name of the class.
    public static var luaName: String { "Download" }
    /// The declaration of what `Models.start_download` returns.
    public static var luaClass: LuaClass<ModelDownload> {
        LuaClass("A model on its way to the disk: where it is, and what came of it.") {
            $0.property("number", "1, 2, … in this session.") { $0.number }
            $0.property("state", "queued, running, finished, stopped or failed.") { $0.state.rawValue }
            $0.property("path", "Where the model is; nil before it is there.") { $0.path }
            $0.property(
                "plan", "{repo, commit, path, files, bytes, to_fetch, free}; nil before it is known.", returns: "table?"
            ) {
                $0.plan.map { LuaValue.table($0.table) } ?? .none
            }
            $0.property("error", "Why it failed; nil otherwise.") { $0.failure.map { "\($0)" } }
            $0.method("stop", "Ends it; what has come so far is kept. Returns at once.") { $0.stop() }
            $0.method(
                "wait",
                "Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.",
                .number("seconds", "how long to wait at most", default: 1e9, min: 0, unit: "s"),
                .bool("progress", "show a progress line", default: true).named, .session
            ) { DownloadJob.watch($0, on: $3.jobs, seconds: $1, showsProgress: $2) }
            $0.description {
                SafeText.line("\($0.name): \($0.state.rawValue)\($0.plan.map { ", \($0.summary)" } ?? "")")
            }
        }
    }
}

extension DownloadPlan {
    /// What a script gets.
    var table: LuaTable {
        let rows = items.map { item -> LuaTable in
            let state =
                switch item.state {
                case .here: "here"
                case .unverified: "to be checked"
                case .cached: "in the cache"
                case .partial: "begun"
                case .absent: "to be fetched"
                }
            return LuaTable(fields: [
                ("name", .string(item.file.path)), ("bytes", .integer(item.file.size)), ("have", .integer(item.have)),
                ("state", .string(state)),
            ])
        }
        return LuaTable(fields: [
            ("repo", .string("\(listing.repository)")), ("commit", .string(listing.commit)),
            ("path", .string(folder.path)),
            ("files", rows.luaValue), ("bytes", .integer(byteCount)), ("to_fetch", .integer(toFetch)),
            ("free", folder.freeSpace.luaValue),
        ])
    }
}

extension LuaNamespace {
    /// `download` and `start_download`.
    func declareDownloads() {
        function(
            "download",
            "Fetches a model and returns where it is: goes on where an earlier call stopped, and holds every file against its sum. "
                + "Ctrl-C keeps what has come. With dry_run it fetches nothing and returns {repo, commit, path, files, bytes, to_fetch, free}.",
            Arg<String>.publishedModel,
            Arg<ModelDownload.Options>.options(ModelDownload.Options(), ModelDownload.Options.luaOptions),
            Arg<Bool>.bool("dry_run", "say what would be fetched, and fetch nothing", default: false).named,
            Arg<Bool>.bool("progress", "show a progress line", default: true).named,
            example: "Models.download(\"LTXV_2B_0.9.5\")", returns: "string|table"
        ) { (what, options, isDry, progress) -> LuaValue in
            guard !isDry else {
                let plan = try ForegroundWork.run(progress: progress) {
                    try ModelDownload.plan(what, options, monitor: $0)
                }
                return .table(plan.table)
            }
            let shows = try progress && HubEnvironment().showsProgress
            return .string(try DownloadJob.wait(for: ModelDownload(what, options), showsProgress: shows))
        }
        function(
            "start_download", "The same in the background: returns at once.",
            Arg<String>.publishedModel,
            Arg<ModelDownload.Options>.options(ModelDownload.Options(), ModelDownload.Options.luaOptions),
            Arg<Session>.session, example: "job = Models.start_download(\"LTXV_2B_0.9.5\")"
        ) { (what, options, session) -> ModelDownload in
            let download = try ModelDownload(what, options)
            session.jobs.add(DownloadJob(download))
            return download
        }
    }
}

extension Arg where Value == String {
    fileprivate static var publishedModel: Self {
        Arg(
            "name", .string.suggesting(ModelRegistry.all.map(\.name)),
            "a name of Models.list(), or a repository: OWNER/NAME")
    }
}
extension ModelDownload.Options {
    fileprivate static var luaOptions: [LuaOption<Self>] {
        [
            .option("endpoint", \.endpoint, .string, "the address of a hub or mirror; HF_ENDPOINT's by default"),
            .option("revision", \.revision, .string, "a branch, tag or commit"),
            .option(
                "files", \.files, .list(of: .string),
                "patterns of files, such as { \"vae/*\" }; those of the model by default"),
            .option("output", \.output, .path(.folder), "the folder; models/NAME by default"),
            .option("source", \.source, .choice(), "the hub, modelscope, or the hub and then modelscope"),
            .option("workers", \.workers, .integer(min: 1, max: 64), "files at a time"),
        ]
    }
}
