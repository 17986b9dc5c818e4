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
                "history",
                "One {step, loss, smooth_loss, lr, grad_norm, seconds, samples_per_second, memory, levels} an update, with held_out_loss "
                    + "where it was measured; memory in bytes, levels are the losses by noise level, {sigma, loss}.",
                isSlow: true, returns: "table[]"
            ) {
                $0.historyTables
            }
            $0.property(
                "held_out",
                "One {step, loss, levels, seconds} a measurement of the loss over the clips held out; levels are {sigma, loss} at fixed "
                    + "noise levels.",
                returns: "table[]"
            ) {
                $0.evaluations.map(\.table)
            }
            $0.property("checkpoints", "Paths of the saved files, oldest first.") { $0.checkpoints }
            $0.property("samples", "Paths of the videos made so far, those of the first step first.") { $0.samples }
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
                "report",
                "Writes a page that needs no network: curves, videos side by side over the steps, data and configuration. Returns its "
                    + "path.",
                .optional(.path("path", "an .html file; report.html in its folder when left out")), .foreground,
                example: "run:report()"
            ) { run, path, work in try work { try run.report(to: path, monitor: $0) } }
            $0.method(
                "set", "Changes what may change while it runs, from the next update on.",
                .options(Run.Changes(), Run.Changes.luaOptions),
                example: "run:set{ learning_rate = 5e-5, weight_decay = 0.1 }"
            ) { try $0.set($1) }
            $0.method("save", "Saves a checkpoint after the current update.") { try $0.save() }
            $0.method(
                "sample",
                "Makes a video with the LoRA as it is now, after the current update or while the run is paused; waits for it and returns "
                    + "its path.",
                .string("prompt", "what to show"),
                .size(
                    "size", "multiples of 32 pixels, frames 8·n + 1",
                    default: LuaSize(width: 704, height: 480, frames: 25)
                ).named,
                .optional(
                    .path("output", "an .mp4, or a .png for one frame; nil counts up in outputs/samples")
                ).named,
                .options(SampleOptions.Choices(), SampleOptions.Choices.runOptions), .foreground,
                example: "run:sample{ prompt = \"a red car\", size = \"768x448x89\" }"
            ) { run, prompt, size, output, choices, work in
                let options = SampleOptions(prompt: prompt, size: try VideoSize(size), output: output, choices: choices)
                return try work { try run.sample(options, monitor: $0) }
            }
            $0.method(
                "fork",
                "A new run that goes on from where this one is now, with other settings and in a folder of its own.",
                .options(Run.Changes(), Run.Changes.luaOptions),
                .optional(.path("output", "its folder; this run's with _fork by default")).named, .session,
                example: "warm = run:fork{ learning_rate = 1e-5, steps = 2000 }"
            ) { (run, changes, output, session) -> Run in
                let fork = try run.fork(changes, into: output)
                RunJob.follow(fork, RunHooks(), on: session.jobs)
                return fork
            }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
}

extension Run.Changes {
    fileprivate static var luaOptions: [LuaOption<Run.Changes>] {
        [
            .option("learning_rate", \.learningRate, .number(above: 0), "the rate that the schedule scales"),
            .option("steps", \.steps, .integer(min: 1), "updates in all"),
            .option("weight_decay", \.weightDecay, .number(min: 0), "taken off each parameter, times the rate"),
            .option("max_grad_norm", \.maxGradNorm, .number(), "the norm of clipping; 0 does not clip"),
            .option("dropout", \.dropout, .number(min: 0, max: 1), "share of adapter inputs that are dropped"),
            .option("accumulation", \.accumulation, .integer(min: 1), "batches in an update"),
            .option(
                "checkpoint_interval", \.checkpointInterval, .integer(min: 0),
                "updates between checkpoints; 0 saves at the end alone"),
            .option(
                "checkpoint_minutes", \.checkpointMinutes, .number(min: 0),
                "minutes between checkpoints; 0 does not look at the clock"),
            .option(
                "validation_interval", \.validationInterval, .integer(min: 0), "updates between videos; 0 makes none"),
            .option("prompts", \.prompts, .list(of: .string), "what the videos show"),
            .option("negative_prompt", \.negativePrompt, .string, "what the videos should not look like"),
            .option("inference_steps", \.inferenceSteps, .integer(min: 1), "denoising steps of the videos"),
            .option("guidance_scale", \.guidanceScale, .number(min: 1), "how strongly the videos follow the prompts"),
            .option("keep_last_n", \.keepLastN, .integer(min: 0), "checkpoints that are kept; 0 keeps all"),
        ]
    }
}
