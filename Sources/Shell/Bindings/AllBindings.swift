import LuaKit
import Workbench

/// Every class and namespace that scripts see, in the order in which help and the reference list them.
///
/// How to write a binding: one file here an object, `NAMEBinding.swift`, that makes the Workbench class a `LuaObject`:
///
/// ```swift
/// extension Clip: LuaObject {
///     public static var luaClass: LuaClass<Clip> {
///         LuaClass("One video or image of a dataset, with its caption.") {
///             $0.property("path", "Where the file is.") { $0.path }                              // read only
///             $0.property("caption", "What it shows.", .optional(.string)) { $0.caption } set: { try $0.setCaption($1) }
///             $0.method("frame", "Writes one frame as a picture.", .duration("t", "when"), .path("path", "a .png")) {
///                 try $0.frame(at: $1).save(to: $2)
///             }
///             $0.description { $0.card }
///         }
///     }
/// }
/// ```
///
/// and a line below. A method has at most one positional subject, then named options: `.integer("seed", "…", default: 0).named`,
/// or a whole struct of them by `.options(SplitOptions(), [.option("threshold", \.threshold, .number(above: 0), "…")])`. Long
/// work takes `.foreground` and runs inside it: `{ ds, options, work in try work { try ds.split(options, $0) } }`. What a
/// closure throws becomes the Lua error; what it returns must be `LuaRepresentable` (Swift's scalars, arrays, dictionaries,
/// optionals, other `LuaObject`s, `LuaTable` for anything shaped freely). A binding holds no logic
/// (ARCHITECTURE.md#bindings).
enum AllBindings {
    /// Registers everything.
    static func register(in lua: Lua) throws {
        try lua.register(Dataset.self)
        try lua.register(Clip.self)
        try lua.register(DatasetScan.self)
        try lua.register(ScanPlot.self)
        try lua.register(PictureFrame.self)
        try lua.register(RecordList.self)
        try lua.register(StatisticsView.self)
        try lua.register(globalFunctions)
        try lua.register(systemFunctions)
        try lua.register(Config.self)
        try lua.register(ConfigSection.self)
        try lua.register(Captioner.self)
        try lua.register(CaptionRun.self)
        try lua.register(PreprocessingRun.self)
        try lua.register(Preprocessor.self)
        try lua.register(PrecomputedClips.self)
        try lua.register(Trainer.self)
        try lua.register(Run.self)
        try lua.register(PlanReport.self)
        try lua.register(ModelDownload.self)
        try lua.register(modelFunctions)
        try lua.register(LoRAReport.self)
        try lua.register(exporterFunctions)
        try lua.register(fileSystemFunctions)
        try lua.register(Null.self)
        try lua.register(jsonFunctions)
        try lua.register(yamlFunctions)
        try lua.register(Who.self)
        try lua.register(Plot.self)
        try lua.register(CheckupReport.self)
        try lua.register(PipelineReport.self)
        try lua.register(pipelineFunctions)
    }
}
