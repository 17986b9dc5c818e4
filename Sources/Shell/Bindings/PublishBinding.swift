import Base
import Hub
import LuaKit
import Workbench

extension LuaNamespace {
    /// `publish`.
    func declarePublishing() {
        function(
            "publish",
            "Sends a LoRA to a hub, private unless told otherwise: the file, the same for ComfyUI, the newest samples, the configuration "
                + "and a card. Returns {url, commit, changed, unchanged}; with dry_run nothing is asked or sent, and it returns {files, card}.",
            Arg<String>.checkpoint("run", "a Run, an output folder, or a LoRA file").named,
            Arg<String>.string("repo", "OWNER/NAME; a name alone is yours").named,
            Arg<Publishing.Options>.options(Publishing.Options(), Publishing.Options.luaOptions),
            Arg<Bool>.bool("dry_run", "show what would be sent, and send nothing", default: false).named,
            Arg<Foreground>.foreground,
            example: "Exporter.publish{ run = run, repo = \"me/apt-lora\", trigger = \"APT\" }", returns: "table"
        ) { (run, repository, options, isDry, work) -> LuaTable in
            var options = options
            options.repository = repository
            let publishing = try Publishing(run, options)
            if isDry { return publishing.table }
            return try work { try publishing.send($0) }.table
        }
    }
}

extension Publishing {
    fileprivate var table: LuaTable {
        let files = items.map { LuaTable(fields: [("name", .string($0.path)), ("bytes", .integer($0.size))]) }
        return LuaTable(fields: [("files", files.luaValue), ("card", .string(card))])
    }
}
extension HubUpload.Outcome {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("url", .string(address)), ("commit", .string(commit)), ("changed", changed.luaValue),
            ("unchanged", unchanged.luaValue),
        ])
    }
}
extension Publishing.Options {
    fileprivate static var luaOptions: [LuaOption<Self>] {
        [
            .option("private", \.isPrivate, .bool, "of a repository that is made; one that is there stays as it is"),
            .option("trigger", \.trigger, .string, "the trigger word, for the card"),
            .option("base", \.base, .string, "the repository of the base model; the configuration's by default"),
            .option("license", \.license, .string, "the licence, in the hub's spelling; the base model's by default"),
            .option("samples", \.samples, .list(of: .path()), "videos and pictures; the newest of the run by default"),
            .option("endpoint", \.endpoint, .string, "the address of a hub; HF_ENDPOINT's by default"),
        ]
    }
}
