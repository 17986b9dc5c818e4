import Base
import Media

/// A page about a run: its curves, its videos side by side over the steps, what it was trained on and with. One file that needs nothing
/// from the network; the videos are played from where they are.
struct RunReport {
    let run: Run
    /// Where the page goes: links are relative to its folder.
    let path: String
    let monitor: Monitor

    func write() throws {
        let title = HTML.escaped("\(Path.name(run.folder)), \(run.name)")
        let page = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <meta name="viewport" content="width=device-width">
            <style>\(Self.style)</style></head><body>
            <h1>\(title)</h1>
            <p>\(HTML.escaped(facts.joined(separator: " · ")))</p>
            \(failure)<h2>Curves</h2>
            <div class="curves">\(curves)</div>
            \(try samples())<h2>Data</h2>
            \(data)<h2>Configuration</h2>
            <pre>\(HTML.escaped(run.settings.text))</pre>
            </body></html>

            """
        try AtomicFile.write(page, to: path)
    }

    private var facts: [String] {
        let history = run.history, seconds = history.reduce(0) { $0 + $1.seconds }
        func short(_ value: Double) -> String { "\((value * 1e4).rounded() / 1e4)" }
        var facts = ["\(run.state.rawValue)", "step \(run.step) of \(run.steps)"]
        if let last = history.last, last.smoothLoss.isFinite { facts.append("smoothed loss \(short(last.smoothLoss))") }
        if let last = run.evaluations.last { facts.append("held-out loss \(short(last.loss)) at step \(last.step)") }
        facts.append("\(Int(seconds.rounded())) s of training")
        if let most = history.compactMap(\.memory).max() { facts.append("at most \(ByteCount(most)) in use") }
        return facts + [run.folder]
    }
    private var failure: String {
        run.failure.map { "<p class=\"failure\">\(HTML.escaped("\($0)"))</p>\n" } ?? ""
    }

    private var curves: String {
        let plots =
            [run.lossPlot, run.levelsPlot].compactMap(\.self) + [
                run.plot("learning rate") { $0.learningRate }, run.plot("gradient norm") { $0.gradientNorm },
                run.plot("clips a second") { $0.samplesPerSecond },
                run.plot("memory in GB") { $0.memory.map { Double($0) / 1e9 } },
            ]
        let shown = plots.filter { $0.series.contains { $0.points.contains { $0.y.isFinite } } }
        return shown.isEmpty
            ? "<p>nothing is trained yet</p>" : shown.map { "<figure>\($0.svg())</figure>" }.joined(separator: "\n")
    }

    // MARK: Samples

    /// A row for each prompt and a column for each step. Also those of before the run was taken up again.
    private func samples() throws -> String {
        let folder = Path.join(run.folder, "samples")
        let files = (Files.isFolder(folder) ? try Files.list(folder) : []).compactMap(Sample.init)
        let steps = Set(files.map(\.step)).sorted(), places = Set(files.map(\.place)).sorted()
        guard !steps.isEmpty else { return "" }
        let head = steps.map { "<th>step \($0)</th>" }.joined()
        var rows = "", done = 0
        for place in places {
            let number = place / max(1, run.settings.validation.videosPerPrompt)
            let prompts = run.settings.validation.prompts
            let prompt = prompts.indices.contains(number) ? prompts[number] : "video \(place)"
            rows += "<tr><th>\(HTML.escaped(prompt))</th>"
            for step in steps {
                try monitor.checkpoint()
                let file = files.first { $0.place == place && $0.step == step }
                rows += "<td>\(file.map { view(Path.join(folder, $0.name)) } ?? "")</td>"
                done += 1
                monitor.report(Progress("writing", done, of: places.count * steps.count, "samples"))
            }
            rows += "</tr>\n"
        }
        return """
            <h2>Samples</h2>
            <div class="samples"><table><tr><th></th>\(head)</tr>
            \(rows)</table></div>

            """
    }
    private func view(_ video: String) -> String {
        let link = HTML.link(Path.relative(video, to: Path.folder(path)))
        let poster = (try? VideoFile(video)).flatMap(EmbeddedPicture.url).map { " poster=\"\($0)\"" } ?? ""
        return "<video controls loop muted preload=\"none\"\(poster) src=\"\(link)\"></video>"
    }
    /// `step_000250_1.mp4`.
    private struct Sample {
        let name: String, step: Int, place: Int

        init?(_ name: String) {
            let parts = name.split(separator: "_")
            guard parts.count == 3, parts[0] == "step", name.hasSuffix(".mp4"), let step = Int(parts[1]),
                let place = Int(parts[2].dropLast(4))
            else { return nil }
            (self.name, self.step, self.place) = (name, step, place)
        }
    }

    // MARK: Data

    private var data: String {
        var facts: [(String, String)] = [("folder", run.settings.data.preprocessedDataRoot)]
        do {
            let whole = try Precomputed(
                opening: run.settings.data.preprocessedDataRoot,
                references: run.settings.conditioning.referenceLatentsDir)
            let (training, heldOut) = try HeldOut.divide(whole, run.settings), numbers = try training.statistics
            facts.append(("clips", "\(numbers.count)"))
            facts.append(("sizes", numbers.sizes.map { "\($0.count) of \($0.size)" }.joined(separator: ", ")))
            facts.append(("frame rates", numbers.rates.map { "\($0.count) at \($0.rate)" }.joined(separator: ", ")))
            if let heldOut {
                facts.append(("held out", heldOut.data.items.map(\.name).joined(separator: ", ")))
            }
        } catch {
            // The page is about the run; what has become of its data since is a line of it.
            facts.append(("now", "\(error)"))
        }
        let rows = facts.map { "<tr><th>\($0.0)</th><td>\(HTML.escaped($0.1))</td></tr>" }
        return "<table class=\"facts\">\(rows.joined())</table>\n"
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1340px;padding:0 1em;color:#222}\
        .curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:1em}figure{margin:0}p,td{overflow-wrap:anywhere}\
        .samples{overflow-x:auto}video{width:240px;background:#eee;display:block}th{text-align:left;font-weight:600;\
        vertical-align:top;padding-right:1em}.samples th{font-size:13px;max-width:220px}td{padding:2px}\
        pre{background:#f6f6f6;padding:1em;overflow-x:auto}.failure{color:#a40}
        """
}

extension Run {
    /// Writes a page with the run's curves, videos, data and configuration, and returns where it is; its folder is made. Nil: `report.html`
    /// in the run's folder. Throws `FileError`, `Cancelled`.
    @discardableResult
    public func report(to path: String? = nil, monitor: Monitor = Monitor()) throws -> String {
        let path = try Written.path(path ?? Path.join(folder, "report.html"))
        try RunReport(run: self, path: path, monitor: monitor).write()
        return path
    }
}
