import Base
import LuaKit
import Workbench

/// Preprocessed clips as scripts hold them.
public final class PrecomputedClips {
    let value: Precomputed

    init(_ value: Precomputed) { self.value = value }

    /// A clip by its number from 1. Throws when there is none.
    func item(_ number: Int) throws -> Precomputed.Item {
        guard value.items.indices.contains(number - 1) else {
            throw NoSuchItem(number: number, count: value.items.count, path: value.path)
        }
        return value.items[number - 1]
    }
}

private struct NoSuchItem: UserError {
    let number: Int, count: Int
    let path: String?
    var kind: String { "data.index" }
    var description: String { "there is no clip \(number); there are \(count), from 1" }
}

extension PrecomputedClips: LuaObject {
    /// See `LuaObject`.
    public static var luaName: String { "Precomputed" }
    /// The declaration of `Precomputed`.
    public static var luaClass: LuaClass<PrecomputedClips> {
        LuaClass("Preprocessed clips: latents and caption embeddings on the disk.") {
            $0.property("path", "The folder.") { $0.value.path }
            $0.length { $0.value.items.count }
            $0.subscripts { clips, place in
                clips.value.items.indices.contains(place - 1) ? clips.value.items[place - 1].table : nil
            }
            $0.method("stats", "How many clips there are of each size, and their frame rates.") {
                try $0.value.statistics.table
            }
            $0.method(
                "check",
                "Problems, one sentence each: latents without a caption embedding, clips that are not the dataset's, captions, "
                    + "triggers and files that are others now than when they were preprocessed, files that cannot be read.",
                .optional(Arg("model", .modelName, "what is to be trained: its text encoder and VAE are compared, too"))
                    .named
            ) { try $0.value.problems(for: $1.map { try ModelFolder(finding: $0) }) }
            $0.description {
                SafeText.line(
                    "\(counted($0.value.items.count, "preprocessed clip")) in \(NearPaths.text($0.value.path))")
            }
        }
    }
}

extension Precomputed.Item {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("name", .string(name)), ("latents", .string(latents)), ("condition", .string(condition)),
            ("reference", reference.map(LuaValue.string) ?? .none),
        ])
    }
}
extension Precomputed.Statistics {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("count", .integer(count)), ("tokens", .integer(tokens)),
            ("sizes", .table(LuaTable(fields: sizes.map { ($0.size, .integer($0.count)) }))),
            ("fps", .table(LuaTable(fields: rates.map { ($0.rate, .integer($0.count)) }))),
        ])
    }
}
