import Base
import Configuration
import LuaKit
import Torch
import Workbench

/// What a trainer is loaded from.
enum TrainerSource {
    case config(Config)
    /// By the names of `members`.
    case options([String: String], Trainer.LoadOptions)

    func load(_ session: SessionDevice) throws -> Trainer {
        switch self {
        case .config(let config):
            try ForegroundWork.run { try Trainer(config.value, device: session.chosen(), monitor: $0) }
        case .options(let texts, let options):
            try ForegroundWork.run {
                let model = try ModelFolder(
                    finding: texts["model"] ?? "", textEncoder: texts["text_encoder"], tokenizer: texts["tokenizer"])
                return try Trainer(
                    model: model, dtype: SessionDevice.dtype(texts["dtype"]), device: session.chosen(texts["device"]),
                    options: options, monitor: $0)
            }
        }
    }
}

extension LuaType where Value == TrainerSource {
    /// A `Config`, or a table with `model` and how it is kept.
    static var trainerSource: Self {
        var info = TypeInfo(
            "Config or table", annotation: "Config|{\(members.map(\.annotation).joined(separator: ", "))}")
        info.acceptsTables = true
        info.fields = { path in path.isEmpty ? members.map(\.info) : [] }
        return LuaType(info) { value, _ in
            if let config = value.object as? Config { return .config(config) }
            guard let table = value.table else { return nil }
            let names = members.map(\.info.name)
            for (name, _) in table.fields ?? [] where !names.contains(name) {
                throw LuaTypeError("has no option '\(name)'\(Suggestion.hint(for: name, in: names))")
            }
            guard table["model"].string != nil else { throw LuaTypeError("needs model = \"folder or name\"") }
            let texts = names.compactMap { name in table[name].string.map { (name, $0) } }
            return .options(Dictionary(uniqueKeysWithValues: texts), try Trainer.LoadOptions(table))
        }
    }

    private struct Member {
        let info: MemberInfo, annotation: String
    }
    /// Those that a configuration has, too, have its names, values and words.
    private static var members: [Member] {
        let formats = LuaType<String>.dtype.info.values.map { "\"\($0)\"" }
        return [
            Member(
                info: MemberInfo("model", type: "string", help: "a folder, a single file, or a name under models/"),
                annotation: "model: string"),
            Member(
                info: MemberInfo("device", type: "string", help: "cpu, cuda or cuda:N"), annotation: "device?: string"),
            Member(
                info: MemberInfo("dtype", type: "string", help: "bf16 or fp32", values: formats),
                annotation: "dtype?: string"),
            Member(
                info: MemberInfo(
                    "text_encoder", type: "string", help: "another place of T5: a folder, a model, or a file"),
                annotation: "text_encoder?: string"),
            Member(
                info: MemberInfo("tokenizer", type: "string", help: "another place of the tokenizer"),
                annotation: "tokenizer?: string"),
        ]
            + Trainer.LoadOptions.names.map { name in
                let info = Config.members(in: "acceleration").first { $0.name == name } ?? MemberInfo(name, help: "")
                let type =
                    name == "load_text_encoder_in_8bit"
                    ? "boolean" : name == "quantization" ? "string" : "integer|string"
                return Member(info: info, annotation: "\(name)?: \(type)")
            }
    }
}

extension Trainer.LoadOptions {
    /// The keys of `acceleration` that say how models are kept.
    static let names = ["quantization", "load_text_encoder_in_8bit", "blocks_to_offload"]

    /// Checked as a configuration's keys are.
    fileprivate init(_ table: LuaTable) throws {
        let defaults = Config(TrainingConfiguration())
        for name in Self.names where !table[name].isNil { try defaults.set("acceleration.\(name)", table[name]) }
        self.init(defaults.value.acceleration)
    }
}
