import Base
import LuaKit
import Workbench

/// What `pipeline{}` gives back: each step as it was, and what came of it.
final class PipelineReport: LuaObject, Sendable {
    static let luaName = "Pipeline"
    private let name: String, isDry: Bool
    let steps: [PipelineStep], results: Pipeline.Results

    /// Makes the plan, says it, and unless it is dry does what it says.
    init(_ pipeline: Pipeline, isDry: Bool, _ monitor: Monitor) throws {
        (name, self.isDry) = (pipeline.name, isDry)
        let plan = try pipeline.plan(monitor: monitor)
        guard !isDry else {
            (steps, results) = (plan, Pipeline.Results())
            return
        }
        for step in plan { monitor.note(step.line) }
        var done: [PipelineStep] = []
        results = try pipeline.run(monitor: monitor) { step in
            if let outcome = step.outcome { monitor.note("\(step.step.rawValue): \(outcome)\(step.time(" in "))") }
            done.append(step)
        }
        steps = done
    }

    static var luaClass: LuaClass<PipelineReport> {
        LuaClass("What a pipeline has done, or would do: {step, state, reason, seconds, bytes, outcome} each.") {
            $0.property("clips", "The dataset of the clips; nil in a plan.", returns: "Dataset?") { $0.results.clips }
            $0.property("precomputed", "What was trained on; nil in a plan.", returns: "Precomputed?") {
                $0.results.precomputed.map { PrecomputedClips($0) }
            }
            $0.property("run", "The run of this call; nil where none was needed.", returns: "Run?") { $0.results.run }
            $0.property("output", "The folder of what was trained, now or before.", returns: "string?") {
                $0.results.output
            }
            $0.property("exported", "The exported file, or folder.", returns: "string?") { $0.results.exported }
            $0.property("due", "How many steps there are to do; 0 when a second call would do nothing.") {
                $0.steps.count(where: \.isDue)
            }
            $0.subscripts { report, place in
                report.steps.indices.contains(place - 1) ? report.steps[place - 1].table : nil
            }
            $0.length { $0.steps.count }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
}

extension PipelineReport: Displayable {
    package var oneLine: String {
        let due = steps.filter(\.isDue).map(\.step.rawValue)
        return "pipeline for \(SafeText.line(name)): " + (due.isEmpty ? "done" : due.joined(separator: ", ") + " to do")
    }
    package func lines(_ context: DisplayContext) -> [String] {
        var card = Card(isDry ? "plan for \(name)" : "pipeline for \(name)")
        for step in steps { card.add(step.step.rawValue, step.text) }
        let due = steps.filter(\.isDue), bytes = due.compactMap(\.bytes).reduce(0, +)
        let seconds = due.compactMap(\.seconds).reduce(0, +), isKnown = due.allSatisfy { $0.seconds != nil }
        if !due.isEmpty {
            var sum = [bytes > 0 ? "about \(ByteCount(bytes)) on the disk" : nil]
            if seconds > 0 { sum.append(ProgressMeter.clock(seconds) + (isKnown ? "" : " and what is not known yet")) }
            card.add("together", sum.compactMap(\.self).joined(separator: ", "))
        }
        return card.lines(context)
    }
}

extension PipelineStep {
    /// `"due: 12 videos to encode, about 3:20, 40 MB"`.
    fileprivate var text: String {
        if let outcome { return "done: " + NearPaths.text(outcome) + time(" in ") }
        let size = bytes.map { isDue && $0 > 0 ? ", \(ByteCount($0))" : "" } ?? ""
        return "\(state.rawValue): \(NearPaths.text(reason))" + (isDue ? time(", about ") : "") + size
    }
    fileprivate var line: String { "\(step.rawValue): \(text)" }
    fileprivate func time(_ before: String) -> String {
        seconds.map { before + ProgressMeter.clock($0) } ?? ""
    }
    fileprivate var table: LuaTable {
        LuaTable(fields: [
            ("step", .string(step.rawValue)), ("state", .string(state.rawValue)), ("reason", .string(reason)),
            ("seconds", seconds.luaValue), ("bytes", bytes.luaValue), ("outcome", outcome.luaValue),
        ])
    }
}
