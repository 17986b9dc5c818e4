import Base
import Workbench

/// A run is a status line and the curve of its loss.
extension Run: Displayable {
    package var oneLine: String {
        var facts = ["\(name): \(state.rawValue)", "step \(step)/\(steps)"]
        if let loss { facts.append("loss \(NumberText.significant(loss, 3))") }
        if let learningRate { facts.append("lr \(NumberText.significant(learningRate, 2))") }
        if let remainingSeconds, !isOver { facts.append("ETA \(ProgressMeter.clock(remainingSeconds))") }
        return facts.joined(separator: ", ")
    }
    package func lines(_ context: DisplayContext) -> [String] {
        var out = [TextFitting.truncate(context.style(.heading, oneLine), to: context.width)]
        if let failure {
            out += TextFitting.wrap(SafeText.line("\(failure)"), to: context.width).map { context.style(.error, $0) }
        }
        let losses = history.filter { !$0.isSkipped }.map(\.loss)
        if losses.count > 1, let first = losses.first, let last = losses.last {
            let ends = (NumberText.significant(first, 3), NumberText.significant(last, 3))
            let room = max(8, min(60, context.width - ends.0.count - ends.1.count - 7))
            let curve = Sparkline.text(losses, width: room, unicode: context.isUnicode)
            let line = "loss \(ends.0) " + context.style(.name, curve) + " \(ends.1)"
            out.append(TextFitting.truncate(line, to: context.width))
        }
        if let measured = evaluations.last, let before = evaluations.first {
            let ends = [before, measured].map { NumberText.significant($0.loss, 3) }
            let text = evaluations.count > 1 ? "\(ends[0]) → \(ends[1])" : ends[1]
            out.append("held-out loss \(text) at step \(measured.step)")
        }
        out.append(TextFitting.truncateMiddle("in " + SafeText.line(NearPaths.text(folder)), to: context.width))
        return out
    }
}
