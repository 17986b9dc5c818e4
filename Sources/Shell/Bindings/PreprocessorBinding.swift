import Base
import Configuration
import LuaKit
import Torch
import Workbench

extension Preprocessor: LuaObject {
    private static var sizes: Arg<[LuaSize]> {
        Arg(
            "size", .sizes,
            "\"WxHxF\", or several: multiples of 32 pixels, frames 8·n + 1; images need no frames, and named sizes are fine"
        ).named
    }
    /// The declaration of `Preprocessor`.
    public static var luaClass: LuaClass<Preprocessor> {
        LuaClass("The video VAE and the text encoder in memory: turns clips and captions into what training reads.") {
            $0.function(
                "load", "Loads the VAE and the text encoder of a model.",
                Arg("model", .modelName, "a folder, or a name under models/").named,
                .optional(.string("text_encoder", "another place of T5: a folder, a model, or a .safetensors file"))
                    .named,
                .optional(.string("tokenizer", "another place of the tokenizer")).named,
                .optional(.string("device", "cpu, cuda or cuda:N")).named,
                .optional(Arg("dtype", .dtype, "the number format")).named,
                .bool("vae_tiling", "encode large pictures tile by tile", default: false).named,
                .bool("vae_framewise", "encode long videos 17 frames at a time", default: false).named,
                .bool(
                    "text_encoder_8bit", "hold the text encoder in 8 bits: quantization = \"int8-quanto\"",
                    default: false
                ).named,
                Arg<Quantization?>.optional(
                    .choice("quantization", "what the text encoder's matrices are held in", Quantization.self)
                )
                .named, .session,
                example: "pre = Preprocessor.load{ model = \"models/tiny\" }"
            ) { model, textEncoder, tokenizer, device, dtype, tiling, framewise, in8bit, quantization, session in
                let model = try ModelFolder(finding: model, textEncoder: textEncoder, tokenizer: tokenizer)
                return try ForegroundWork.run {
                    try Preprocessor(
                        model: model, dtype: SessionDevice.dtype(dtype), device: session.device.chosen(device),
                        tiling: tiling, framewise: framewise,
                        textQuantization: quantization ?? (in8bit ? .int8 : .noChange), monitor: $0)
                }
            }
            $0.function(
                "open", "Opens what was preprocessed earlier, here or by the upstream trainer.",
                .path("path", "a dataset's folder, or its .precomputed", .folder)
            ) {
                PrecomputedClips(try Precomputed(opening: $0))
            }
            $0.method(
                "run",
                "Encodes what is new or changed and returns the preprocessed clips. Of several sizes each clip gets the one that loses "
                    + "least of it. What was made of clips that the dataset no longer has or excludes, or of other pictures of "
                    + "them, goes to 'stale' in the folder; a view leaves the dataset's other clips there.",
                .object("ds", Dataset.self, "clips with captions"), sizes,
                .options(PreprocessingOptions(), PreprocessingOptions.all), .strict, .foreground,
                example: "pc = pre:run(ds, { size = \"768x448x89\" })"
            ) { pre, dataset, sizes, options, strict, work in
                let options = try options.options(sizes, isStrict: strict)
                return PrecomputedClips(try work { try pre.run(dataset, options, monitor: $0) })
            }
            $0.method(
                "start", "The same in the background: the prompt stays yours.",
                .object("ds", Dataset.self, "clips with captions"), sizes,
                .options(PreprocessingOptions(), PreprocessingOptions.all), .strict, .session,
                example: "job = pre:start(ds, { size = \"768x448x49;512x512x49\" })"
            ) { (pre, dataset, sizes, options, strict, session) -> PreprocessingRun in
                let run = try pre.start(dataset, options.options(sizes, isStrict: strict))
                session.jobs.add(PreprocessingPromptJob(run))
                return run
            }
            $0.function(
                "sizes", "The named sizes, with the label of their shape, and numbers of frames that go with them."
            ) {
                RecordList(
                    "none", columns: ["name", "width", "height"],
                    records: TrainingSizes.named.map {
                        [.string("[\($0.shape)] \($0.width)x\($0.height)"), .integer($0.width), .integer($0.height)]
                    })
            }
            $0.method(
                "decode", "Decodes stored latents to a video (a picture for one frame).",
                .object("pc", PrecomputedClips.self, "preprocessed clips"),
                .integer("i", "which clip", min: 1), .path("path", "an .mp4 or .png")
            ) { try $0.decode($1.item($2), to: $3) }
            $0.method(
                "encode_text", "The embedding of a text as training uses it: {tokens, width, mean, norm}.",
                .string("text", "a caption")
            ) {
                try $0.encodeText($1).summary
            }
            $0.property("model", "The model's folder.") { $0.model.path }
            $0.description {
                SafeText.line("Preprocessor on \(NearPaths.text($0.model.path)) (\($0.dtype), \($0.device))")
            }
        }
    }
}

extension Tensor {
    /// What a script can know of a tensor, which itself never reaches Lua.
    fileprivate var summary: LuaTable {
        get throws {
            let values = try to(.float32)
            return LuaTable(fields: [
                ("tokens", .integer(size(0))), ("width", .integer(size(1))), ("dtype", .string("\(dtype)")),
                ("mean", .number(try values.mean().item())), ("norm", .number(try values.norm().item())),
            ])
        }
    }
}
