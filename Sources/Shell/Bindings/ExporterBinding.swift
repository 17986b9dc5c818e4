import LuaKit
import Torch
import Workbench

/// What is in a LoRA file.
public final class LoRAReport {
    let inspection: LoRAInspection
    init(_ inspection: LoRAInspection) { self.inspection = inspection }
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
            $0.description { SafeText.block($0.inspection.description) }
        }
    }
}

/// `Exporter`: LoRA files for other programs.
var exporterFunctions: LuaNamespace {
    LuaNamespace("Exporter", "LoRA files for other programs: ComfyUI, diffusers; and what is in one.") {
        $0.function(
            "comfyui", "Writes a LoRA under ComfyUI's names; returns the path.",
            .checkpoint("source", "a .safetensors file, an output folder for its last checkpoint, or a Run"),
            .optional(.path("destination", "a file or folder; NAME_comfy.safetensors beside the source by default")),
            example: "Exporter.comfyui(\"outputs/APT_lora_r32\", \"exports/apt.safetensors\")"
        ) { try Exporter.comfyui($0, to: $1) }
        $0.function(
            "diffusers", "Writes a ComfyUI LoRA under the names of diffusers; returns the path.",
            .checkpoint("source", "a .safetensors file, a folder for its last checkpoint, or a Run"),
            .optional(
                .path("destination", "a file or folder; NAME_diffusers.safetensors beside the source by default")),
            example: "Exporter.diffusers(\"apt_comfy.safetensors\")"
        ) { try Exporter.diffusers($0, to: $1) }
        $0.function(
            "inspect", "Format, rank, alpha, targets, tensors and metadata of a LoRA file.",
            .checkpoint("path", "a .safetensors file, an output folder for its last checkpoint, or a Run"),
            example: "print(Exporter.inspect(\"outputs/APT_lora_r32\").rank)"
        ) { LoRAReport(try Exporter.inspect($0)) }
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
    fileprivate static func checkpoint(_ name: String, _ help: String) -> Self { Arg(name, .checkpoint, help) }
}
