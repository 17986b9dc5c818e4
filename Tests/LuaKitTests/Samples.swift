import Base
import LuaKit
import Synchronization

/// A pair of classes and a namespace that exercise every part of a declaration.
final class Box: LuaObject {
    enum Mode: String, CaseIterable { case fast, slow }
    struct Options {
        var threshold = 27.0
        var mode = Mode.fast
        var limit: Int?
        var length = VideoTime.seconds(0.6)
    }
    var items: [String] = []
    var title: String?
    var closed = false
    let lid = Lid()

    static var luaClass: LuaClass<Box> {
        LuaClass("A box of names.") {
            $0.function("open", "Opens a box.", .path("path", "where it is"), example: "Box.open(\"x\")") { path in
                if path == "nowhere" { throw FileError.missing(path) }
                return Box()
            }
            $0.method("add", "Adds a name.", .string("name", "what to add")) { $0.items.append($1) }
            $0.method(
                "scan", "Looks for things.",
                .options(
                    Options(),
                    [
                        .option("threshold", \.threshold, .number(above: 0), "score of a change"),
                        .option("mode", \.mode, .choice(), "how"),
                        .option("limit", \.limit, .integer(min: 1), "the most to find"),
                        .option("length", \.length, .duration, "the shortest"),
                    ])
            ) { _, options in
                "\(options.threshold) \(options.mode) \(options.limit.map(String.init) ?? "nil") \(options.length)"
            }
            $0.method("filter", "Names that a function accepts.", .callback("accept", "name → boolean")) {
                box, accept in
                try box.items.filter { try accept.call(.string($0)).first?.bool ?? false }
            }
            $0.method(
                "fill", "Adds many.", .list("names", of: .string, "the names"),
                .integer("times", "how often", default: 1).named
            ) {
                box, names, times in
                for _ in 0..<times { box.items += names }
                return box.items.count
            }
            $0.method("size", "A size back.", .size("size", "w × h")) { _, size in size.description }
            $0.method("open_lid", "The lid.") { $0.lid }
            $0.method("pair", "Two results.") { box in LuaResults(.integer(box.items.count), .string("two")) }
            $0.method("stop", "Stops.") { _ in throw Cancelled() }
            $0.property("title", "The label.", .optional(.string)) {
                $0.title
            } set: {
                $0.title = $1
            }
            $0.property("count", "How many.") { $0.items.count }
            $0.subscripts { box, place in box.items.indices.contains(place - 1) ? box.items[place - 1] : nil }
            $0.length { $0.items.count }
            $0.description { "Box of \($0.items.count)" }
            $0.closing { $0.closed = true }
        }
    }
}

/// Says that it holds many bytes.
final class Weight: LuaObject {
    let count: Int
    init(_ count: Int) { self.count = count }

    static var luaClass: LuaClass<Weight> {
        LuaClass("Something heavy.") {
            $0.bytes { $0.count }
        }
    }
}

final class Lid: LuaObject {
    static var luaClass: LuaClass<Lid> {
        LuaClass("A lid.") {
            $0.method("close", "Shuts it.") { _ in true }
            $0.namedSubscripts(members: { _ in ["colour"] }) { _, name in name == "colour" ? "red" : nil }
        }
    }
}

var kit: LuaNamespace {
    LuaNamespace("kit", "Functions for tests.") {
        $0.function("echo", "Gives back what it gets.", .any("value", "anything")) { $0 }
        $0.function("echo_bytes", "Gives back bytes.", .bytes("value", "a string")) { LuaBytes($0) }
        $0.function("new", "A box.") { Box() }
        $0.function("weight", "Something heavy.", .integer("bytes", "how heavy")) { Weight($0) }
        $0.function("held", "How many objects Lua holds.", .interpreter) { $0.heldObjects }
        $0.function("kept", "Keeps a function.", .callback("body", "a function")) { body in kept.withLock { $0 = body }
        }
        $0.function("both", "Box or lid.", Arg("thing", .either(.object(Box.self), .object(Lid.self)), "one")) {
            thing in
            switch thing {
            case .first: "box"
            case .second: "lid"
            }
        }
        $0.function("exit", "Ends the chunk.", .interpreter) { $0.exit() }
        $0.function("stopped", "A box, and a Ctrl-C that came while it was made.", .interpreter) { lua in
            lua.stop()
            return Box()
        }
        $0.function("maybe", "An optional.", .optional(.integer("n", "a number"))) { $0 ?? -1 }
    }
}
let kept = Mutex<LuaReference?>(nil)

func interpreter() throws -> Lua {
    let lua = try Lua()
    try lua.register(Box.self)
    try lua.register(Lid.self)
    try lua.register(Weight.self)
    try lua.register(kit)
    return lua
}

/// The results as text, or the error.
func evaluate(_ lua: Lua, _ source: String) -> String {
    do { return try lua.run(source, name: "=test").map { try lua.text(of: $0) }.joined(separator: " ") } catch {
        return "\(error)"
    }
}
