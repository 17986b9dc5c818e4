import LuaKit
import Workbench

extension Clip: LuaObject {
    /// See `LuaObject`.
    public static var luaClass: LuaClass<Clip> {
        LuaClass("One video or image of a dataset, with its caption.") {
            $0.property("path", "Where the file is, absolute.") { $0.path }
            $0.property("name", "The file's name.") { $0.name }
            $0.property("caption", "What the clip shows. Assigning is on the disk when it returns.", .optional(.string))
            {
                $0.caption
            } set: {
                try $0.setCaption($1)
            }
            $0.property(
                "author", "Who wrote the caption: person, a model's name, or nil for one that came with the metadata."
            ) { $0.author }
            $0.property(
                "reference",
                "Where the paired reference video of IC-LoRA is; can be set to a path in the dataset's folder.",
                .optional(.path())
            ) {
                $0.referencePath
            } set: {
                try $0.setReference($1)
            }
            $0.property("excluded", "Stays in the dataset, but preprocessing leaves it out.", .bool) {
                $0.isExcluded
            } set: {
                try $0.setExcluded($1)
            }
            $0.property("width", "Pixels, upright.", isSlow: true) { try $0.media().width }
            $0.property("height", "Pixels, upright.", isSlow: true) { try $0.media().height }
            $0.property("fps", "Frames a second on average; 1 for an image.", isSlow: true) { try $0.media().fps }
            $0.property(
                "frames", "How many frames the container says there are; nil where nothing tells.", isSlow: true
            ) {
                let count = try $0.media().frames.value
                return count > 0 ? count : nil
            }
            $0.property("duration", "Seconds; 0 for an image, and where nothing tells.", isSlow: true) {
                try $0.media().duration
            }
            $0.property("codec", "Such as \"h264\".", isSlow: true) { try $0.media().codec }
            $0.property(
                "rotation", "Degrees clockwise that the stored picture is turned by: 0, 90, 180, 270.", isSlow: true
            ) {
                try $0.media().rotation
            }
            $0.property("is_image", "True for a picture, false for a video.") { $0.isImage }
            $0.property("bytes", "Size of the file; nil when it is missing.") { $0.bytes }
            $0.property(
                "flags",
                "What is worth a look: missing, unreadable, encrypted, no caption, unreadable caption, excluded, "
                    + "outdated (preprocessed otherwise), vfr, rotated, hdr, interlaced.",
                isSlow: true
            ) {
                $0.flags
            }
            $0.method(
                "edit", "Edits the caption in the line, at a terminal; returns whether it changed.", .interpreter,
                example: "ds[3]:edit()"
            ) { clip, lua in
                try clip.editCaption { try lua.interpreter().ask(clip.name, default: $0) ?? $0 }
            }
            $0.method(
                "frame", "One picture of the clip: a Frame, or with a path a .png or .jpg, whose path is returned.",
                Arg("t", .duration, "when: seconds, \"00:01:02.5\" or a frame \"36f\", from 0"),
                .optional(.path("path", "the file")), example: "ds[1]:frame(1.5, \"frame.png\")",
                returns: "Frame|string"
            ) { clip, time, path in
                let frame = try clip.frame(at: time)
                return try path.map { try frame.save(to: $0).luaValue } ?? PictureFrame(frame).luaValue
            }
            $0.method(
                "preview",
                "Draws a picture of the clip in the terminal: the middle one, the one at a time, or several side by side.",
                .optional(Arg("t", .duration, "when")),
                .integer(
                    "frames", "pictures spread over the clip, where no time is given", default: 1, min: 1, max: 12
                ).named,
                example: "ds[1]:preview{ frames = 4 }"
            ) { clip, time, frames in try clip.show(at: time, frames: frames) }
            $0.method(
                "thumbnail", "The picture in the middle of the clip.",
                .integer("width", "pixels", default: 320, min: 1, max: 4096).named
            ) { PictureFrame(try $0.thumbnail(width: $1)) }
            $0.equality { $0 == $1 }
            $0.description { $0.lines(.text).joined(separator: "\n") }
            $0.example("ds[1].caption = \"a woman rides a bicycle along a canal\"")
            $0.example("for _, clip in ipairs(ds) do if clip.frames < 49 then clip.excluded = true end end")
        }
    }
}
