import Base
import Foundation
import Hub
import TestSupport
import Testing

@testable import Workbench

@Suite struct ModelDownloadTests {
    private let folder: TemporaryFolder, server: HubServer
    init() throws { (folder, server) = (try TemporaryFolder(), try HubServer.shared.get()) }

    private func repository(_ behaviour: JSON = [:], size: Int = 200_000) throws -> String {
        var members = behaviour.object ?? JSONObject()
        members["files"] = [
            "model_index.json": ["text": "{}"], "vae/w.safetensors": ["size": .integer(size), "seed": 3, "lfs": true],
            ".gitattributes": ["text": "x"],
        ]
        return try server.repository("download", .object(members))
    }
    private func options(_ more: [String: String] = [:]) throws -> ModelDownload.Options {
        var options = ModelDownload.Options()
        let variables = [
            "HF_ENDPOINT": server.endpoint, "HF_HOME": folder["hf"], "MODELSCOPE_DOMAIN": "http://127.0.0.1:9",
        ]
        options.environment = try HubEnvironment(variables.merging(more) { $1 })
        options.waiting = Waiting(first: 0.001, most: 0.01)
        return options
    }
    private func fetch(_ name: String, _ options: ModelDownload.Options) throws -> (
        download: ModelDownload, notes: [String]
    ) {
        let download = try ModelDownload(name, options, models: folder["models"])
        #expect(download.wait(seconds: Patience.limit))
        return (download, download.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } })
    }

    @Test func `a repository is fetched as a job, which says first what it will do`() throws {
        let name = try repository(), (download, notes) = try fetch(name, options())
        let home = folder["models/\(Path.name(name))"]
        #expect(download.state == .finished && download.path == home && download.failure == nil)
        #expect(notes.first?.contains("2 files, 200 kB, 200 kB to fetch") == true, "\(notes)")
        #expect(
            Files.size(Path.join(home, "vae/w.safetensors")) == 200_000
                && !Files.exists(Path.join(home, ".gitattributes")))
        let plan = try ModelDownload.plan(name, options(), models: folder["models"])
        #expect(plan.isDone && plan.toFetch == 0)
    }
    @Test func `a plan fetches nothing`() throws {
        let name = try repository()
        let plan = try ModelDownload.plan(name, options(), models: folder["models"])
        #expect(plan.toFetch == 200_002 && plan.items.map(\.state) == [.absent, .absent])
        #expect(!Files.exists(folder["models"]))
    }
    @Test func `patterns choose files, and one that names none is said`() throws {
        let name = try repository()
        var options = try options()
        options.files = ["*.json"]
        #expect(try fetch(name, options).download.plan?.items.map(\.file.path) == ["model_index.json"])
        options.files = ["text_encoder/*"]
        let (download, _) = try fetch(name, options)
        let failure = try #require(download.failure)
        #expect(download.state == .failed && "\(failure)".contains("is named 'text_encoder/*'"))
    }
    @Test(arguments: ["LTXV_2B_0.9.9", "no model", "a/b/c", "../x", "a/b c"])
    func `what cannot be a model is refused at once`(name: String) throws {
        #expect(throws: HubError.self) { try ModelDownload(name, options(), models: folder["models"]) }
    }
    @Test func `offline, what is there is taken and what is not is said`() throws {
        let name = try repository(), offline = try options(["TRANSFORMERS_OFFLINE": "1"])
        let (first, _) = try fetch(name, offline)
        let failure = try #require(first.failure)
        #expect("\(failure)".hasPrefix("TRANSFORMERS_OFFLINE forbids the network"))
        #expect(try server.requests(of: name).isEmpty)
        _ = try fetch(name, options())
        let count = try server.requests(of: name).count, (second, notes) = try fetch(name, offline)
        #expect(second.state == .finished && notes.first?.contains("is taken as it is") == true)
        #expect(try server.requests(of: name).count == count)
    }
    @Test func `ModelScope is asked when the hub cannot be reached, and its own sums then hold`() throws {
        let name = try repository()
        let (download, notes) = try fetch(
            name, options(["HF_ENDPOINT": "http://127.0.0.1:9", "MODELSCOPE_DOMAIN": server.endpoint]))
        #expect(download.state == .finished, "\(notes)")
        #expect(
            notes.contains { $0.contains("ModelScope is asked instead") }
                && notes.contains { $0.contains("sums of ModelScope itself") })
        var options = try options(["MODELSCOPE_DOMAIN": server.endpoint])
        (options.source, options.output) = (.modelscope, folder["other"])
        #expect(try fetch(name, options).download.state == .finished)
        #expect(
            try server.requests(of: name).contains {
                $0["path"]?.string?.contains("/models/\(name)/resolve/master/") == true
            })
    }
    @Test func `a branch that is rewritten while it is fetched is pinned anew, once`() throws {
        let gone: JSON = ["status": 404, "headers": ["X-Error-Code": "RevisionNotFound"]]
        let name = try repository(["replies": ["/resolve/": [gone]]]), (download, notes) = try fetch(name, options())
        #expect(download.state == .finished && notes.contains { $0.contains("has been rewritten meanwhile") })
        let always = try repository(["replies": ["/resolve/": .array(Array(repeating: gone, count: 9))]])
        #expect(try fetch(always, options()).download.state == .failed)
    }
    @Test func `stopping keeps what has come`() throws {
        let name = try repository(["rate": 400_000]),
            download = try ModelDownload(name, options(), models: folder["models"])
        let part = folder["models/\(Path.name(name))/.cache/huggingface/download/vae/w.safetensors.ltxsh-part"]
        #expect(Patience.until { Files.size(part) ?? 0 > 20_000 })
        download.stop()
        #expect(download.wait(seconds: Patience.limit) && download.state == .stopped)
        let kept = try #require(Files.size(part))
        #expect(try fetch(name, options()).download.state == .finished)
        let sent = try server.requests(of: name).reduce(0) { $0 + ($1["sent"]?.integer ?? 0) }
        // What was on its way when it stopped is lost; no more than the buffers between hold.
        #expect(kept >= 20_000 && sent < 200_000 + 150_000)
    }

    /// scripts/download-kills.sh does fifty; this is a sample.
    @Test func `a download that is killed again and again in processes of its own fetches no byte twice`() throws {
        let size = 3_000_000, kills = 4, name = try repository(["rate": 3_000_000], size: size)
        let program = Path.join(CrashChild.products, "ltxsh"), target = folder["models/it"]
        let part = Path.join(target, ".cache/huggingface/download/vae/w.safetensors.ltxsh-part")
        func run() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = [
                "--no-init", "-e", "Models.download('\(name)', { output = '\(target)', progress = false })",
            ]
            var environment = ProcessInfo.processInfo.environment
            (environment["HF_ENDPOINT"], environment["HF_HOME"]) = (server.endpoint, folder["hf"])
            process.environment = environment
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
        for kill in 1...kills {
            let process = try run(), wanted = size * kill / (kills + 1)
            #expect(Patience.until { Files.size(part) ?? 0 >= wanted || !process.isRunning })
            #expect(process.isRunning)
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let last = try run()
        last.waitUntilExit()
        #expect(last.terminationStatus == 0 && Files.size(Path.join(target, "vae/w.safetensors")) == size)
        let sent = try server.requests(of: name).reduce(0) { $0 + ($1["sent"]?.integer ?? 0) }
        #expect(Double(sent) <= 1.05 * Double(size) + Double(kills) * 150_000, "\(sent)")
    }

    // MARK: The registry and the sums

    @Test func `every version name has a published model, and names of any spelling are found`() {
        for model in ModelRegistry.all {
            #expect(ModelRegistry.find(model.name)?.name == model.name && model.byteCount > 1_000_000_000)
        }
        #expect(ModelRegistry.find("ltxv-2b-0.9.6-dev")?.checkpoint == "ltxv-2b-0.9.6-dev-04-25.safetensors")
        #expect(ModelRegistry.find("ltxv-13b-0.9.8-dev.safetensors")?.name == "LTXV_13B_098_DEV")
        #expect(ModelRegistry.find("nothing") == nil)
        #expect(Set(ModelRegistry.all.map(\.name)).count == ModelRegistry.all.count)
    }
    @Test func `the list says which models are here`() throws {
        try TinyModel.make(at: folder["models/mine"])
        try TinyModel.make(at: folder["models/LTX-Video-0.9.5"])
        let rows = ModelRegistry.rows(models: folder["models"])
        #expect(rows.filter { $0.path != nil }.map(\.name) == ["LTXV_2B_0.9.5", "mine"])
        #expect(rows.last?.purpose == nil && rows.count == ModelRegistry.all.count + 1)
    }
    @Test func `contents that have changed since they were fetched are found by their sums`() throws {
        let name = try server.repository("sums", try tinyFiles())
        let home = folder["models/tiny"]
        var options = try options()
        options.output = home
        #expect(try fetch(name, options).download.state == .finished)
        var check = try ModelCheck.look(at: home, sums: true)
        #expect(check.isComplete && check.verified ?? 0 >= 8)
        // One bit, far from the header; the file's time stays.
        let path = Path.join(home, "vae/diffusion_pytorch_model.safetensors")
        var bytes = try Files.read(path)
        bytes[bytes.count - 9] ^= 1
        let times = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
        try FileManager.default.setAttributes([.modificationDate: try #require(times)], ofItemAtPath: path)
        #expect(try ModelCheck(home).isComplete)
        check = try ModelCheck.look(at: home, sums: true)
        #expect(check.problems.map(\.name) == ["vae/diffusion_pytorch_model.safetensors"])
        #expect(check.problems.first?.problem?.contains("is not the published file: its sum is") == true)
    }
    /// A tiny model as a repository: bytes as texts, which Latin-1 makes of any.
    private func tinyFiles() throws -> JSON {
        let home = folder["tiny"]
        try TinyModel.make(at: home)
        var files = JSONObject()
        for part in ["", "transformer", "vae", "text_encoder", "tokenizer", "scheduler"] {
            for name in try Files.list(Path.join(home, part))
            where !Files.isFolder(Path.join(home, Path.join(part, name))) {
                let path = Path.join(part, name), bytes = try Files.read(Path.join(home, path))
                files[path] = [
                    "base64": .string(Data(bytes).base64EncodedString()), "lfs": .bool(name.hasSuffix(".safetensors")),
                ]
            }
        }
        return ["files": .object(files)]
    }
    @Test func `a repository in the cache of Hugging Face's programs is a model like any other`() throws {
        let commit = String(repeating: "e", count: 40), home = folder["hub/models--org--tiny"]
        try TinyModel.make(at: Path.join(home, "snapshots/\(commit)"))
        try Files.makeFolder(Path.join(home, "refs"))
        try AtomicFile.write(commit, to: Path.join(home, "refs/main"))
        setenv("HF_HUB_CACHE", folder["hub"], 1)
        defer { unsetenv("HF_HUB_CACHE") }
        #expect(try ModelFolder(finding: "org/tiny", models: folder["models"]).path.hasSuffix("snapshots/\(commit)"))
        #expect(throws: ModelFolderError.self) { try ModelFolder(finding: "org/other", models: folder["models"]) }
    }
}
