import Base
import LuaKit
import Media
import Workbench

extension Dataset {
    /// What makes files of the clips: pictures, pages, other sizes, references.
    static func declareTools(_ it: LuaClass<Dataset>) {
        it.method(
            "contact_sheet",
            "One picture of the whole dataset: written into a file, whose path it returns, or drawn in the terminal.",
            .optional(.path("path", "a .png or .jpg; nil for the terminal")),
            .integer("columns", "clips in a row", default: 5, min: 1, max: 100).named,
            .integer("frames", "pictures of each clip", default: 1, min: 1, max: 20).named, .strict, .foreground,
            example: "ds:contact_sheet(\"sheet.png\", { frames = 3 })"
        ) { dataset, path, columns, frames, strict, work in
            guard let path else {
                try Pictures.show(
                    work { try dataset.contactSheet(columns: columns, frames: frames, strict: strict, monitor: $0) })
                return String?.none
            }
            return try work {
                try dataset.contactSheet(to: path, columns: columns, frames: frames, strict: strict, monitor: $0)
            }
        }
        it.method(
            "report", "Writes a page with each clip playable beside its caption and problems; returns its path.",
            .path("path", "a .html"), .strict, .foreground
        ) { dataset, path, strict, work in try work { try dataset.report(to: path, strict: strict, monitor: $0) } }
        it.method(
            "resize",
            "Every clip scaled to cover a size and cropped in the middle; returns the dataset of these results. Results of "
                + "clips that are gone leave the list of the folder, captions edited there are kept in its set_aside.",
            Arg("size", .size, "width and height, even").named, .path("output", "folder of the results", .folder).named,
            Arg("crop", .choice(["none", "bars"]), "\"bars\" cuts black bars off first", default: "none").named,
            .bool("force", "make again what is up to date, and replace files of another origin", default: false).named,
            .strict, .foreground, example: "small = ds:resize{ size = \"768x448\", output = \"resized\" }",
            returns: "Dataset"
        ) { dataset, size, output, crop, force, strict, work in
            try work {
                try dataset.resize(
                    width: size.width, height: size.height, output: output, cropsBars: crop == "bars", force: force,
                    strict: strict, monitor: $0)
            }
        }
        it.method(
            "extract_frames",
            "Frames of every clip as <output>/<clip>/frame_0001.png; returns how many, and the folder.",
            .path("output", "folder of the pictures", .folder).named,
            .integer("every", "one frame of so many", default: 1, min: 1).named,
            .bool("force", "make again what is up to date", default: false).named, .strict, .foreground
        ) { dataset, output, every, force, strict, work in
            let count = try work {
                try dataset.extractFrames(output: output, every: every, force: force, strict: strict, monitor: $0)
            }
            return LuaResults([.integer(count), .string(Path.absolute(output))])
        }
        it.method(
            "references", "Makes the paired reference videos of IC-LoRA and notes them; returns how many were made.",
            Arg(
                "kind", .either(.choice(["canny"]), .callback("fun(frame: Frame): Frame")),
                "\"canny\", or a function from frame to frame", default: .first("canny"), defaultText: "\"canny\""
            ).named,
            .optional(.path("output", "a folder inside the dataset's; nil for beside each clip", .folder)).named,
            .optional(
                .bool(
                    "force",
                    "make again what is up to date; nil: always with a function, which cannot be compared with an earlier one, "
                        + "never with \"canny\"")
            ).named, .strict, .foreground,
            example: "ds:references{ kind = function(frame) return frame:edges{ low = 50 } end }"
        ) { dataset, kind, output, force, strict, work in
            try work.here {
                try dataset.makeReferences(output: output, force: force, strict: strict, monitor: $0, change(kind))
            }
        }
    }

    private static func change(_ kind: Either<String, LuaReference>) -> ((Frame) throws -> Frame)? {
        guard case .second(let function) = kind else { return nil }
        return { frame in
            guard let result = try function.call(PictureFrame(frame).luaValue).first?.object as? PictureFrame else {
                throw LuaArgumentError(argument: "kind", message: "'kind' must return a frame")
            }
            return result.frame
        }
    }
}
