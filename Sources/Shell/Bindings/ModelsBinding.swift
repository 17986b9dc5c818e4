import Base
import LuaKit
import Workbench

/// `Models`: which there are, where they are, how they come, and what is in memory.
var modelFunctions: LuaNamespace {
    LuaNamespace("Models", "The models on the disk and in memory.") {
        $0.function(
            "make_tiny",
            "Makes a tiny random model in the real layout, to learn and to test with. Does nothing when it is there.",
            .path("path", "the new folder", .folder), example: "Models.make_tiny(\"models/tiny\")"
        ) { path in
            try TinyModel.make(at: path)
            return path
        }
        $0.function(
            "path", "The folder of a model by name, version name or path.",
            Arg("name", .modelName, "such as \"LTXV_2B_0.9.5\"")
        ) {
            try ModelFolder(finding: $0).path
        }
        $0.function(
            "check",
            "Whether a model is whole: {complete, problems, files, bytes}. Reads names, sizes and headers; with sha256 all of it, "
                + "held against what was published ({verified = N} files).",
            .path("path", "a model folder, one part of it, or a single-file checkpoint"),
            .bool("sha256", "sum up the contents, too", default: false).named, .foreground,
            example: "print(Models.check(\"models/LTX-Video-0.9.5\").complete)", returns: "table"
        ) { path, sums, work in try work { try ModelCheck.look(at: path, sums: sums, monitor: $0) }.table }
        $0.function(
            "list",
            "The published models with size, purpose and where they are here, and the other models under models/.",
            returns: "table[]"
        ) { ModelRegistry.rows().list }
        $0.declareDownloads()
        $0.function("resident", "What is in memory: {name, bytes, user, part, device, dtype, path} each.") {
            RecordList(resident: ModelStore.shared.resident)
        }
    }
}

extension RecordList {
    fileprivate convenience init(resident: [ModelStore.Resident]) {
        self.init(
            "no model is in memory", columns: ["name", "bytes", "user", "part", "device", "dtype", "path"],
            records: resident.map {
                [
                    .string($0.key.description), .integer($0.bytes), $0.user.map(LuaValue.string) ?? .none,
                    .string($0.key.part.rawValue), .string($0.key.device.description), .string($0.key.format),
                    .string($0.key.source),
                ]
            })
    }
}

extension ModelCheck {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("path", .string(path)), ("complete", .bool(isComplete)), ("bytes", .integer(byteCount)),
            ("problems", problems.map { "\($0.name) \($0.problem ?? "")" }.luaValue),
            ("files", files.map(\.name).luaValue), ("verified", verified.luaValue),
        ])
    }
}

extension [ModelRegistry.Row] {
    fileprivate var list: RecordList {
        RecordList(
            "no models", columns: ["name", "size", "purpose", "path"],
            records: map { row in
                [
                    .string(row.name), row.byteCount.map { .string("\(ByteCount($0))") } ?? .none, row.purpose.luaValue,
                    row.path.map { .string(Path.relative($0, to: ".")) } ?? .none,
                ]
            })
    }
}

extension LuaType where Value == String {
    /// A model by name, version name or path; completion offers the models that are there.
    static var modelName: Self { .string.orPath.suggesting(ModelFolder.all().map { Path.join("models", $0) }) }
}
