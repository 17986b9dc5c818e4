import Base
import LuaKit
import Workbench

extension Run: LuaObject {
    /// The declaration of `Run`.
    public static var luaClass: LuaClass<Run> {
        LuaClass("One training run: where it is, and how to steer it.") {
            $0.property("number", "1, 2, … in this session.") { $0.number }
            $0.property("state", "queued, running, paused, finished, stopped or failed.") { $0.state.rawValue }
            $0.property("step", "Updates done.") { $0.step }
            $0.property("steps", "Updates asked for.") { $0.steps }
            $0.property("loss", "The loss of the last update; nil before the first.") { $0.loss }
            $0.property("lr", "The learning rate of the last update; nil before the first.") { $0.learningRate }
            $0.property("eta", "Seconds that the rest will take; nil before the first update and after the end.") {
                $0.remainingSeconds
            }
            $0.property(
                "history", "One {step, loss, lr, grad_norm, seconds} an update.", isSlow: true, returns: "table[]"
            ) {
                $0.history.map(\.table)
            }
            $0.property("checkpoints", "Paths of the saved files, oldest first.") { $0.checkpoints }
            $0.property("output_dir", "Where its files are.") { $0.folder }
            $0.property("error", "Why it failed; nil otherwise.") { $0.failure.map { "\($0)" } }
            $0.method("pause", "Holds the run after its current update.") { try $0.pause() }
            $0.method("resume", "Lets a paused run go on.") { try $0.resume() }
            $0.method("stop", "Stops the run after its current update and saves; returns at once.") { $0.stop() }
            $0.method(
                "wait",
                "Waits until the run is over, showing how it goes; false when the seconds passed or Ctrl-C came first.",
                .number("seconds", "how long to wait at most", default: 1e9, min: 0, unit: "s"),
                .bool("progress", "show a progress line", default: true).named, .session
            ) { RunJob.watch($0, on: $3.jobs, seconds: $1, showsProgress: $2) }
            $0.method(
                "plot", "Draws the loss over the steps in the terminal, or as a picture into a file.",
                .optional(.path("path", "a .png or .jpg")), example: "run:plot(\"loss.png\")"
            ) { try Pictures.show($0.lossPlot, path: $1) }
            $0.method(
                "set", "Changes what may change while it runs.",
                .optional(.number("learning_rate", "the rate that the schedule scales", above: 0)).named,
                .optional(.integer("steps", "updates in all", min: 1)).named,
                .optional(.integer("checkpoint_interval", "updates between checkpoints", min: 1)).named,
                example: "run:set{ learning_rate = 5e-5 }"
            ) { try $0.set(learningRate: $1, steps: $2, checkpointInterval: $3) }
            $0.method("save", "Saves a checkpoint after the current update.") { try $0.save() }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
}
