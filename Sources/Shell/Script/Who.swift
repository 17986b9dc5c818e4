import LuaKit

/// `who()`: the user's globals.
final class Who: LuaObject, Displayable {
    /// One global.
    struct Entry {
        let name: String, type: String, value: String, place: String
    }
    let entries: [Entry]
    private init(_ entries: [Entry]) { self.entries = entries }

    /// The globals that a fresh interpreter has not.
    static func list(_ interpreter: Interpreter) throws -> Who {
        let snapshot = DisplaySnapshot(interpreter), printer = ValuePrinter(DisplayContext())
        let own = try interpreter.lua.globalEntries().filter { pair in
            guard let name = pair.key.string else { return true }
            return !interpreter.builtIn.contains(name) && !Interpreter.isResult(name) && name != "arg"
        }
        return Who(
            own.map { key, value in
                let text = printer.oneLine(snapshot.value(value), width: 48)
                var place = ""
                if let found = try? value.reference?.source() {
                    place = "\(found.chunk.dropFirst()):\(found.lines.lowerBound)"
                } else if let object = value.object, let inspector = interpreter.lua.inspector(of: object) {
                    let names = inspector.info.properties.filter { !$0.isSlow }.map(\.name)
                    if let name = ["path", "output_dir"].first(where: names.contains) {
                        place = (try? inspector.read(object, name))?.string ?? ""
                    }
                }
                return Entry(name: key.string ?? key.shown, type: value.typeName, value: text, place: place)
            }.sorted { $0.name < $1.name })
    }

    static var luaClass: LuaClass<Who> {
        LuaClass("The globals of a session.") {
            $0.subscripts { who, place in
                who.entries.indices.contains(place - 1) ? who.entries[place - 1].table : nil
            }
            $0.length { $0.entries.count }
            $0.description { $0.lines(DisplayContext()).joined(separator: "\n") }
        }
    }
    var oneLine: String { entries.count == 1 ? "1 global" : "\(entries.count) globals" }
    func lines(_ context: DisplayContext) -> [String] {
        if entries.isEmpty { return ["no globals of your own yet"] }
        let widths = (
            entries.map { TextWidth.of($0.name) }.max() ?? 0, entries.map { TextWidth.of($0.type) }.max() ?? 0
        )
        return entries.map { entry in
            let row =
                TextFitting.pad(SafeText.line(entry.name), to: min(widths.0, 24)) + "  "
                + TextFitting.pad(entry.type, to: min(widths.1, 16)) + "  " + SafeText.line(entry.value)
                + (entry.place.isEmpty ? "" : "  " + SafeText.line(entry.place))
            return TextFitting.truncate(row, to: context.width)
        }
    }
}

extension Who.Entry {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("name", .string(name)), ("type", .string(type)), ("value", .string(value)), ("place", .string(place)),
        ])
    }
}
