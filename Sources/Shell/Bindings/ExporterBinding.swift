import LuaKit
import Torch
import Workbench

/// What is in a LoRA file.
public final class LoRAReport {
    let inspection: LoRAInspection
    private var found: LoRASpectrum?
    init(_ inspection: LoRAInspection) { self.inspection = inspection }

    /// Computed when it is first asked for.
    func spectrum() throws -> LoRASpectrum {
        if let found { return found }
        let new = try ForegroundWork.run { try LoRASpectrum(self.inspection.path, monitor: $0) }
        found = new
        return new
    }
    /// The card, and the blocks where the file is a whole LoRA.
    var text: String {
        let card = inspection.description
        guard inspection.format != .weights, let spectrum = try? spectrum() else { return card }
        return "\(card)\n\n\(spectrum)"
    }
}

extension LoRASpectrum.Module {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("module", .string(name)), ("norm", .number(norm)), ("rank", .integer(rank)), ("used", .integer(used)),
            ("values", values.luaValue),
        ])
    }
}
extension LoRASpectrum.Block {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("block", number.luaValue), ("norm", .number(norm)), ("used", .integer(used)), ("rank", .integer(rank)),
        ])
    }
}

extension LoRAReport: LuaObject {
    /// The declaration of what `Exporter.inspect` returns.
    public static var luaClass: LuaClass<LoRAReport> {
        LuaClass("What is in a LoRA file: format, rank, targets, tensors.") {
            $0.property("path", "The file that was read.") { $0.inspection.path }
            $0.property(
                "format", "\"diffusers\", \"comfyui\", \"peft\", \"kohya\", \"bare\", or \"weights\" for no LoRA."
            ) {
                $0.inspection.format.rawValue
            }
            $0.property("rank", "The rank; nil for no LoRA.") { $0.inspection.ranks.last }
            $0.property("alpha", "The alpha that the file tells; nil when consumers take the rank.") {
                $0.inspection.alpha
            }
            $0.property("targets", "Endings of the names of the modules that have an adapter.") {
                $0.inspection.targets
            }
            $0.property("modules", "How many modules have an adapter.") { $0.inspection.moduleCount }
            $0.property("parameters", "Elements of all tensors.") { $0.inspection.parameterCount }
            $0.property("bytes", "Bytes of all tensors.") { $0.inspection.byteCount }
            $0.property("dtypes", "The element types that occur.") { $0.inspection.dtypes.map(\.description) }
            $0.property("metadata", "Texts that the writer left.") { $0.inspection.metadata }
            $0.property("tensors", "Name, dtype and shape of every tensor.") {
                $0.inspection.tensors.map { entry in
                    LuaTable(fields: [
                        ("name", .string(entry.name)), ("dtype", .string(entry.dtype.description)),
                        ("shape", entry.shape.luaValue),
                    ])
                }
            }
            $0.property("problems", "What is wrong with it as a LoRA.") { $0.inspection.problems }
            $0.property(
                "learnt",
                "{module, norm, rank, used, values} of each module: the size of its change, and its singular values.",
                returns: "table[]"
            ) { try $0.spectrum().modules.map(\.table).luaValue }
            $0.property("blocks", "{block, norm, used, rank} of each block.", returns: "table[]") {
                try $0.spectrum().blocks.map(\.table).luaValue
            }
            $0.description { SafeText.block($0.text) }
        }
    }
}

/// `Exporter`: LoRA files for other programs, and what can be made of them.
var exporterFunctions: LuaNamespace {
    LuaNamespace("Exporter", "LoRA files for other programs, merged models, and what is in a LoRA.") {
        $0.declareConversions()
        $0.declareCombinations()
        $0.function(
            "merge",
            "The LoRA multiplied into the weights of a model, tensor by tensor; returns the new model. Its other parts are shared with "
                + "the base where the disk can.",
            Arg<String>.path("base", "a model folder, its transformer's folder, a single file, or a model's name")
                .named,
            Arg<String>.checkpoint("lora", "a LoRA file, an output folder, or a Run").named,
            Arg<String>.path("output", "a new folder; for a single file a .safetensors file").named,
            Arg<Double>.number("scale", "how strong the LoRA is in it", default: 1).named, Arg<Foreground>.foreground,
            example: "Exporter.merge{ base = \"LTXV_2B_0.9.5\", lora = run, output = \"models/LTX-APT\" }"
        ) { base, lora, output, scale, work in
            try work { try LoRAMerge(base: base, lora: lora, scale: scale, output: output).run($0) }
        }
        $0.declarePublishing()
        $0.function(
            "inspect",
            "Format, rank, alpha, targets, tensors and metadata of a LoRA file, and what it has learnt, block by block.",
            Arg<String>.checkpoint("path", "a .safetensors file, an output folder for its last checkpoint, or a Run"),
            example: "print(Exporter.inspect(\"outputs/APT_lora_r32\"))"
        ) { LoRAReport(try Exporter.inspect($0)) }
    }
}

extension LuaNamespace {
    fileprivate func declareConversions() {
        function(
            "comfyui", "Writes a LoRA under ComfyUI's names; returns the path.",
            Arg<String>.checkpoint("source", "a .safetensors file, an output folder for its last checkpoint, or a Run"),
            Arg<String?>.optional(
                .path("destination", "a file or folder; NAME_comfy.safetensors beside the source by default")),
            example: "Exporter.comfyui(\"outputs/APT_lora_r32\", \"exports/apt.safetensors\")"
        ) { try Exporter.comfyui($0, to: $1) }
        function(
            "diffusers", "Writes a LoRA under the names of diffusers; returns the path.",
            Arg<String>.checkpoint("source", "a .safetensors file, a folder for its last checkpoint, or a Run"),
            Arg<String?>.optional(
                .path("destination", "a file or folder; NAME_diffusers.safetensors beside the source by default")),
            example: "Exporter.diffusers(\"apt_comfy.safetensors\")"
        ) { try Exporter.diffusers($0, to: $1) }
        function(
            "kohya", "Writes a LoRA as Kohya's scripts do, with an alpha a module; returns the path.",
            Arg<String>.checkpoint("source", "a .safetensors file, a folder for its last checkpoint, or a Run"),
            Arg<String?>.optional(
                .path("destination", "a file or folder; NAME_kohya.safetensors beside the source by default"))
        ) { try Exporter.kohya($0, to: $1) }
        function(
            "peft",
            "Writes a LoRA as peft does, a folder with adapter_model.safetensors and adapter_config.json; returns it.",
            Arg<String>.checkpoint("source", "a .safetensors file, a folder for its last checkpoint, or a Run"),
            Arg<String?>.optional(.path("destination", "a folder; NAME_peft beside the source by default", .folder))
        ) { try Exporter.peft($0, to: $1) }
        function(
            "batch", "Every LoRA of a folder in another spelling. Returns {source, path, error} for each.",
            Arg<String>.path("folder", "a folder of .safetensors files", .folder),
            Arg<String>.choice("format", "the spelling", LoRAFormat.written.map(\.rawValue)).named,
            Arg<String?>.optional(.path("output", "a folder; the files' own by default", .folder)).named,
            Arg<Foreground>.foreground,
            example: "Exporter.batch(\"loras\", { format = \"comfyui\" })", returns: "table[]"
        ) { (folder, format, output, work) -> RecordList in
            let all = try work {
                try Exporter.batch(folder, into: LoRAFormat(rawValue: format) ?? .comfyui, to: output, monitor: $0)
            }
            return RecordList(
                "no LoRA in it", columns: ["source", "path", "error"],
                records: all.map {
                    [.string($0.source), $0.path.luaValue, $0.failure.map { .string("\($0)") } ?? .none]
                })
        }
    }

    fileprivate func declareCombinations() {
        function(
            "resize", "A LoRA of lower rank, the nearest that there is; says how much it keeps, and returns the path.",
            Arg<String>.checkpoint("src", "a LoRA file, an output folder, or a Run").named,
            Arg<Int?>.optional(.integer("rank", "for every module", min: 1)).named,
            Arg<Double?>.optional(
                .number("keep", "instead: the share of each module's norm to keep, such as 0.95", max: 1, above: 0)
            ).named,
            Arg<String?>.optional(.path("output", "a file or folder; NAME_rN.safetensors beside it by default")).named,
            Arg<Foreground>.foreground, example: "Exporter.resize{ src = run, rank = 8 }"
        ) { source, rank, keep, output, work in
            try work {
                let small = try Exporter.resize(source, rank: rank, keep: keep, to: output, monitor: $0)
                $0.note(small.summary)
                return small.path
            }
        }
        for (name, isAverage, help) in [
            ("add", false, "The sum of LoRAs as one LoRA, each times its weight (1); returns the path."),
            ("mix", true, "The average of LoRAs as one LoRA, each by its share; returns the path."),
        ] {
            function(
                name, help,
                Arg<[String]>.list("loras", of: .checkpoint, "LoRA files, output folders, or Runs: two or more").named,
                Arg<String>.path("output", "a .safetensors file").named,
                Arg<[Double]?>.optional(.list("weights", of: .number(), "one number a LoRA")).named,
                Arg<Int?>.optional(.integer("rank", "of the result; the sum of all by default, which is exact", min: 1))
                    .named,
                Arg<Foreground>.foreground,
                example:
                    "Exporter.\(name){ loras = { \"a.safetensors\", \"b.safetensors\" }, weights = { 1, 0.5 }, output = \"ab.safetensors\" }"
            ) { loras, output, weights, rank, work in
                try work {
                    try Exporter.add(loras, weights: weights, isAverage: isAverage, rank: rank, to: output, monitor: $0)
                }
            }
        }
    }
}

extension LuaType where Value == String {
    /// Wherever a LoRA is wanted: a path, or a run for its output folder.
    static var checkpoint: Self {
        LuaType<Either<String, Run>>.either(.path(.any), .object(Run.self)).map {
            switch $0 {
            case .first(let path): path
            case .second(let run): run.folder
            }
        }
    }
}
extension Arg where Value == String {
    /// A path, or a run for its output folder.
    static func checkpoint(_ name: String, _ help: String) -> Self { Arg(name, .checkpoint, help) }
}
