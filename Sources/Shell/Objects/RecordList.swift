import Base
import LuaKit

/// A list of records (tables with the same fields) that prints as a table: problems, repairs, buckets.
package final class RecordList: LuaObject {
    /// What it is a list of, for an empty one: `"no problems"`.
    let empty: String
    /// Fields in the order of the columns.
    let columns: [String]
    let records: [[LuaValue]]

    init(_ empty: String, columns: [String], records: [[LuaValue]]) {
        (self.empty, self.columns, self.records) = (empty, columns, records)
    }

    package static var luaClass: LuaClass<RecordList> {
        LuaClass("A list of records that prints as a table; list[i] is a Lua table.") {
            $0.subscripts { list, place in list.record(place) }
            $0.length { $0.records.count }
            $0.description { $0.table(.text, limit: 20).joined(separator: "\n") }
        }
    }

    /// The record at a place from 1 as a table, `nil` past the end.
    func record(_ place: Int) -> LuaTable? {
        guard records.indices.contains(place - 1) else { return nil }
        return LuaTable(fields: Array(zip(columns, records[place - 1])))
    }
    /// A cell as text.
    private func text(_ value: LuaValue) -> String {
        switch value {
        case .none: ""
        case .string(let text): NearPaths.text(text)
        case .bool(let flag): flag ? "yes" : "no"
        case .number(let number): NumberText.significant(number, 3)
        default: value.shown
        }
    }
}

// The records never change after they are made, and tables in them are copies.
extension RecordList: @unchecked Sendable {}

extension RecordList: Displayable {
    package var oneLine: String {
        records.isEmpty ? empty : counted(records.count, "record")
    }
    package func lines(_ context: DisplayContext) -> [String] { table(context, limit: .max) }
    /// The table, with at most `limit` records and a count of the others.
    private func table(_ context: DisplayContext, limit: Int) -> [String] {
        if records.isEmpty { return [empty] }
        let numbers = columns.indices.map { place in records.allSatisfy { $0[place].number != nil } }
        let table = TextTable(
            columns.enumerated().map { place, name in
                // What is to be read is read whole; names are told apart.
                let isText = name == "message" && place == columns.count - 1
                return .init(
                    name, numbers[place] ? .right : .left, least: numbers[place] ? nil : isText ? 24 : 8,
                    rank: isText ? 1 : -place,
                    cutsMiddle: name == "name", wraps: isText)
            },
            rows: records.map { record in
                zip(columns, record).map { $0 == "bytes" ? $1.integer.map { "\(ByteCount($0))" } ?? "" : text($1) }
            })
        return table.lines(width: context.width, style: context.style, limit: limit)
    }
}
