import Base
import LuaKit
import Workbench

extension PreprocessingRun: LuaObject {
    /// The declaration of `PreprocessingRun`.
    public static var luaClass: LuaClass<PreprocessingRun> {
        LuaClass("Preprocessing that goes on: where it is, and what it has made.") {
            $0.property("number", "1, 2, … in this session.") { $0.number }
            $0.property("state", "queued, running, finished, stopped or failed.") { $0.state.rawValue }
            $0.property("path", "The folder that it writes.") { $0.folder }
            $0.property("result", "The preprocessed clips, once it is finished.", returns: "Precomputed?") {
                $0.result.map { PrecomputedClips($0) }
            }
            $0.property("error", "Why it ended before its end; nil otherwise.") { $0.failure.map { "\($0)" } }
            $0.method("stop", "Ends it; everything that is done stays. Returns at once.") { $0.stop() }
            $0.method(
                "wait",
                "Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.",
                .number("seconds", "how long to wait at most", default: 1e9, min: 0, unit: "s"),
                .bool("progress", "show a progress line", default: true).named, .session
            ) { PreprocessingPromptJob.watch($0, on: $3.jobs, seconds: $1, showsProgress: $2) }
            $0.description { SafeText.line("\($0.name): \($0.state.rawValue), in \($0.folder)") }
        }
    }
}
