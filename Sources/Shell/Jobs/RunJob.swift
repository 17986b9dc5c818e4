import Foundations
import Workbench

/// A training run in front of or behind the prompt. The hooks run on the main thread, in the order of the run's events.
final class RunJob: PromptJob, @unchecked Sendable {
    // Unchecked: the hooks are set at the start and called on the main thread only; the run is safe from any thread.
    /// What a script wants to be told. A hook that returns false stops the run.
    struct Hooks {
        var step: ((Run.Step) -> Bool)?
        var checkpoint: ((_ path: String) -> Bool)?

        init(step: ((Run.Step) -> Bool)? = nil, checkpoint: ((String) -> Bool)? = nil) {
            (self.step, self.checkpoint) = (step, checkpoint)
        }
    }
    let run: Run
    private let hooks: Hooks

    init(_ run: Run, _ hooks: Hooks = Hooks()) { (self.run, self.hooks) = (run, hooks) }

    var title: String { run.name }
    var isRunning: Bool { !run.isOver }
    func requestStop() { run.stop() }

    func takeEvents() -> [PromptJobEvent] { run.events.take().flatMap(events) }

    private func events(_ event: Run.Event) -> [PromptJobEvent] {
        switch event {
        case .progress(let progress): [.progress(progress)]
        case .note(let text): [.note(text)]
        case .steps(let steps):
            hooks.step.map { hook in [.call { if !steps.allSatisfy(hook) { self.run.stop() } }] } ?? []
        case .checkpoint(let path):
            [.note("saved \(path)")]
                + (hooks.checkpoint.map { hook in [.call { if !hook(path) { self.run.stop() } }] } ?? [])
        case .ended(let state): [.ended(outcome(state))]
        }
    }
    private func outcome(_ state: Run.State) -> PromptJobOutcome {
        let loss = run.loss.map { ", loss \(NumberText.significant($0, 3))" } ?? ""
        let text = "\(run.step) of \(run.steps) steps\(loss), in \(run.folder)"
        return switch state {
        case .failed: .failed(run.failure.map { "\($0)" } ?? text)
        case .stopped: .stopped(text)
        default: .finished(text)
        }
    }
}
