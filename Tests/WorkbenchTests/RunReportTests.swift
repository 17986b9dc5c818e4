import Base
import Configuration
import Media
import TestSupport
import Testing

@testable import Workbench

/// The page about a run.
@Suite(.serialized) struct RunReportTests {
    @Test func `a report has the curves, the videos by step, the data and the configuration, and needs no network`()
        throws
    {
        var fixture = try TrainingFixture()
        fixture.configuration.data.validationSplit = 0.25
        fixture.configuration.validation.lossInterval = 2
        fixture.configuration.validation.prompts = ["a <red> boat", "a dog"]
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
        let videos = try GreyVideos("v.mp4"), samples = Path.join(run.folder, "samples")
        try Files.makeFolder(samples)
        for name in ["step_000000_0", "step_000000_1", "step_000010_1"] {
            try AtomicFile.write(Files.read(videos.folder["v.mp4"]), to: Path.join(samples, "\(name).mp4"))
        }
        let path = try run.report()
        #expect(path == Path.join(run.folder, "report.html"))
        let page = try Files.text(path)
        #expect(page.components(of: "<svg ") == 6 && page.components(of: "<path d=\"M") >= 11)
        for curve in [
            "loss", "held-out loss by noise level σ", "learning rate", "gradient norm", "clips a second",
            "memory in GB",
        ] {
            #expect(page.contains(">\(curve)</text>") || page.contains("\(run.name): \(curve)</text>"), "\(curve)")
        }
        #expect(page.contains("<tr><th></th><th>step 0</th><th>step 10</th></tr>"))
        #expect(page.contains("<tr><th>a &lt;red&gt; boat</th>") && page.contains("<td></td></tr>"))
        #expect(page.components(of: "<video ") == 3 && page.components(of: "poster=\"data:image/jpeg;base64,") == 3)
        #expect(page.contains("src=\"samples/step_000010_1.mp4\""))
        #expect(page.contains("3 of 96x64x17") && page.contains("<th>held out</th>"))
        #expect(page.contains("learning_rate: 0.001"))
        #expect(!page.contains("http") && !page.contains("<script"))

        let elsewhere = try run.report(to: Path.join(fixture.folder, "pages/one.html"))
        #expect(try Files.text(elsewhere).contains("src=\"../out/samples/step_000000_0.mp4\""))
    }

    @Test func `a run that has done nothing yet has a page, too`() throws {
        let fixture = try TrainingFixture(), run = Run(0, fixture.configuration, folder: fixture.folder)
        let page = try Files.text(run.report())
        #expect(page.contains("nothing is trained yet") && !page.contains("<svg") && page.contains("queued"))
    }

    @Test func `a long curve keeps its peaks, a gap stays one, and figures are written as people write them`() {
        var plot = LinePlot(title: "a & b")
        plot.series = [.init("y", (0..<100_000).map { (Double($0), $0 == 54_321 ? 9 : 1e-4) })]
        let long = plot.svg(width: 400, height: 200)
        #expect(long.utf8.count < 20_000 && long.contains("aria-label=\"a &amp; b\""))
        // The peak reaches the top of the plot.
        #expect(long.contains(" 30.0"))
        plot.series = [.init("y", [(1, 1e-4), (2, .nan), (3, 3e-4), (4, 2e-4)])]
        let short = plot.svg()
        #expect(short.components(of: "M") == 2 && short.components(of: "L") == 1)
        #expect(short.contains(">0.0002</text>"))
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(of text: String) -> Int {
        var count = 0, rest = self[...]
        while let place = rest.range(of: text) {
            count += 1
            rest = rest[place.upperBound...]
        }
        return count
    }
}
