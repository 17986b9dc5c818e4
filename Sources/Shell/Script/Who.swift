import Base
import LuaKit

/// `who()`: the user's globals.
final class Who: LuaObject, Displayable {
    /// One global.
    struct Entry {
        let name: String, type: String, size: String, value: String, place: String
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
                var text = printer.oneLine(snapshot.value(value), width: 48)
                // An object of many lines is shown by its class, which stands there already.
                if text == value.typeName { text = "" }
                var place = ""
                if let found = try? value.reference?.source() {
                    place = "\(found.chunk.dropFirst()):\(found.lines.lowerBound)"
                } else if let object = value.object, let inspector = interpreter.lua.inspector(of: object) {
                    let names = inspector.info.properties.filter { !$0.isSlow }.map(\.name)
                    if let name = ["path", "output_dir", "device"].first(where: names.contains) {
                        place = (try? inspector.read(object, name))?.string ?? ""
                    }
                }
                return Entry(
                    name: key.string ?? key.shown, type: value.typeName, size: size(value, interpreter.lua),
                    value: text,
                    place: place)
            }.sorted { $0.name < $1.name })
    }
    /// Bytes of a text, entries of a table, elements of an object that has some.
    private static func size(_ value: LuaValue, _ lua: Lua) -> String {
        func count(_ number: Int, _ noun: String, _ nouns: String) -> String {
            "\(number) \(number == 1 ? noun : nouns)"
        }
        switch value {
        case .string(let text): return ByteCount(text.utf8.count).description
        case .bytes(let bytes): return ByteCount(bytes.count).description
        case .reference(let reference) where reference.type == .table:
            return count((try? reference.entries(limit: 0).count) ?? 0, "entry", "entries")
        case .object(let object):
            guard let inspector = lua.inspector(of: object), let number = (try? inspector.count(object)) ?? nil else {
                return ""
            }
            let element = inspector.info.element?.lowercased() ?? "element"
            return count(number, element, element + "s")
        default: return ""
        }
    }

    static var luaClass: LuaClass<Who> {
        LuaClass("The globals of a session.") {
            $0.subscripts { who, place in
                who.entries.indices.contains(place - 1) ? who.entries[place - 1].table : nil
            }
            $0.length { $0.entries.count }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
    var oneLine: String { entries.count == 1 ? "1 global" : "\(entries.count) globals" }
    func lines(_ context: DisplayContext) -> [String] {
        if entries.isEmpty { return ["no globals of your own yet"] }
        func width(_ texts: KeyPath<Entry, String>, most: Int) -> Int {
            min(most, entries.map { TextWidth.of(SafeText.line($0[keyPath: texts])) }.max() ?? 0)
        }
        let columns: [(text: KeyPath<Entry, String>, width: Int)] = [
            (\.name, width(\.name, most: 24)), (\.type, width(\.type, most: 16)), (\.size, width(\.size, most: 16)),
        ]
        return entries.map { entry in
            let cells = columns.filter { $0.width > 0 }.map {
                TextFitting.pad(SafeText.line(entry[keyPath: $0.text]), to: $0.width)
            }
            var row = (cells + [entry.value, entry.place].filter { !$0.isEmpty }.map { SafeText.line($0) }).joined(
                separator: "  ")
            while row.last == " " { row.removeLast() }
            return TextFitting.truncate(row, to: context.textWidth)
        }
    }
}

extension Who.Entry {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("name", .string(name)), ("type", .string(type)), ("size", .string(size)), ("value", .string(value)),
            ("place", .string(place)),
        ])
    }
}
