import Base
import LuaKit

/// `fs`: what scripts need of the file system and Lua lacks.
var fileSystemFunctions: LuaNamespace {
    LuaNamespace("fs", "Files and folders: glob, exists, mkdir, copy, move, size.") {
        $0.function(
            "glob", "Paths that match a pattern with *, ?, [a-z] and ** for any depth, sorted.",
            .path("pattern", "such as \"clips/*.mp4\""),
            example: "for _, path in ipairs(fs.glob(\"clips/**/*.mp4\")) do print(path) end"
        ) { try Glob.paths(matching: $0) }
        $0.function("exists", "Whether there is a file or folder.", .path("path", "what to look for")) {
            Files.exists($0)
        }
        $0.function("mkdir", "Makes a folder and the folders above it.", .path("path", "the folder", .folder)) {
            try Files.makeFolder($0)
        }
        $0.function(
            "copy", "Copies a file; an existing one is replaced, whole or not at all.", .path("from", "the file"),
            .path("to", "the new path, or a folder")
        ) { try FileOperations.copy($0, to: $1) }
        $0.function(
            "move", "Moves or renames a file or folder.", .path("from", "what to move"),
            .path("to", "the new path, or a folder")
        ) { try FileOperations.move($0, to: $1) }
        $0.function("size", "Bytes in a file; nil when there is none.", .path("path", "the file")) { Files.size($0) }
    }
}
