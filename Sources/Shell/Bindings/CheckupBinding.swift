import Base
import LuaKit
import Workbench

/// `doctor()`'s answer: a list of rows that prints as one.
final class CheckupReport: LuaObject, Sendable {
    static let luaName = "Checkup"
    let checkup: Checkup

    init(_ checkup: Checkup) { self.checkup = checkup }

    static var luaClass: LuaClass<CheckupReport> {
        LuaClass("What a machine has of what runs need: {name, state, found, fix} each.") {
            $0.property("ok", "True when nothing is a problem.") { $0.checkup.isFit }
            $0.subscripts { report, place in
                report.checkup.rows.indices.contains(place - 1) ? report.checkup.rows[place - 1].table : nil
            }
            $0.length { $0.checkup.rows.count }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
}

extension CheckupReport: Displayable {
    package var oneLine: String {
        let problems = checkup.rows.count { $0.state == .problem }
        let warnings = checkup.rows.count { $0.state == .warning }
        return
            "\(counted(checkup.rows.count, "check")): \(counted(problems, "problem")), \(counted(warnings, "warning"))"
    }
    package func lines(_ context: DisplayContext) -> [String] {
        let names = min(checkup.rows.map { TextWidth.of($0.name) }.max() ?? 0, max(8, context.width / 3))
        let room = max(16, context.width - names - 11)
        return checkup.rows.flatMap { row in
            let style: Style = row.state == .ok ? .good : row.state == .warning ? .warning : .error
            let state = context.style(style, TextFitting.pad(row.state.rawValue, to: 7))
            let name = TextFitting.pad(TextFitting.truncate(SafeText.line(row.name), to: names), to: names)
            let indent = String(repeating: " ", count: names + 11)
            var lines = TextFitting.wrap(SafeText.line(row.found), to: room)
            if !row.fix.isEmpty {
                lines += TextFitting.wrap(SafeText.line(row.fix), to: room).map { context.style(.quiet, $0) }
            }
            return lines.enumerated().map { $0.offset == 0 ? "\(state)  \(name)  \($0.element)" : indent + $0.element }
        }
    }
}

extension Checkup.Row {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("name", .string(name)), ("state", .string(state.rawValue)), ("found", .string(found)),
            ("fix", .string(fix)),
        ])
    }
}
