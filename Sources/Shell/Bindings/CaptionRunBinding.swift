import Base
import LuaKit
import Workbench

extension CaptionRun: LuaObject {
    /// The declaration of `CaptionRun`.
    public static var luaClass: LuaClass<CaptionRun> {
        LuaClass("Captioning that goes on: where it is, and what came of it.") {
            $0.property("number", "1, 2, … in this session.") { $0.number }
            $0.property("state", "queued, running, finished, stopped or failed.") { $0.state.rawValue }
            $0.property("done", "Clips dealt with.") { $0.done }
            $0.property("clips", "Clips that it is about.") { $0.count }
            $0.property("result", "{written, skipped, failed, suspect, usage} so far.", returns: "table") {
                $0.result.table
            }
            $0.property("error", "Why it ended before its end; nil otherwise.") { $0.failure.map { "\($0)" } }
            $0.method("stop", "Ends it; every caption that is there stays. Returns at once.") { $0.stop() }
            $0.method(
                "wait",
                "Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.",
                .number("seconds", "how long to wait at most", default: 1e9, min: 0, unit: "s"),
                .bool("progress", "show a progress line", default: true).named, .session
            ) { CaptionJob.watch($0, on: $3.jobs, seconds: $1, showsProgress: $2) }
            $0.description {
                SafeText.line("\($0.name): \($0.state.rawValue), \($0.done) of \($0.count) clips, \($0.result.summary)")
            }
        }
    }
}

extension CaptionResult {
    /// What a script gets.
    var table: LuaTable {
        LuaTable(fields: [
            ("written", .integer(written)), ("skipped", .integer(skipped)), ("duplicates", .integer(duplicates)),
            ("failed", failed.map(\.table).luaValue), ("suspect", suspect.map(\.table).luaValue),
            ("usage", .table(usage.table)), ("seconds", .number(seconds)),
        ])
    }
}
extension CaptionResult.Remark {
    /// What a script gets.
    var table: LuaTable {
        LuaTable(fields: [
            ("clip", .string(clip)), ("reason", .string(reason)), ("caption", caption.luaValue),
            ("kept", caption == nil ? .none : .bool(isKept)),
        ])
    }
}
extension CaptionUsage {
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("input", .integer(input)), ("output", .integer(output)), ("thinking", .integer(thinking)),
            ("requests", .integer(requests)),
        ])
    }
}
extension CaptionCheck {
    /// What a script gets.
    var table: LuaTable {
        LuaTable(fields: [
            ("sees", .bool(true)), ("model", .string(model)), ("answer", .string(answer)),
            ("usage", .table(usage.table)), ("seconds", .number(seconds)),
        ])
    }
}
