import Base
import Glibc
import Media

// Scans a video once and prints one line of JSON: seconds, frames, and the cuts of each detector. For scripts/bench.
let arguments = Array(CommandLine.arguments.dropFirst())
guard let path = arguments.first else {
    print("usage: scene-bench VIDEO [--fast] [--detector NAME] [--in-order] [--scores]")
    exit(2)
}
do {
    var options = ScanOptions()
    options.fast = arguments.contains("--fast")
    var detectors = SceneDetector.allCases
    if let place = arguments.firstIndex(of: "--detector"), arguments.indices.contains(place + 1) {
        detectors = [SceneDetector(rawValue: arguments[place + 1]) ?? .content]
    }
    if options.fast { detectors.removeAll { ![.content, .adaptive].contains($0) } }
    let clock = ContinuousClock(), start = clock.now
    let file = try VideoFile(path)
    let scores =
        arguments.contains("--in-order")
        ? try SceneScanner.scanInOrder(file, options, nil) : try SceneScanner.scan(file, options)
    let scanned = clock.now
    var cuts = JSONObject()
    for detector in detectors {
        var choice = SceneOptions()
        choice.detector = detector
        cuts[detector.rawValue] = .array(try ScenePlan(scores, choice).cuts.map(JSON.integer))
    }
    let planned = clock.now
    func seconds(_ duration: Duration) -> JSON {
        .number(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
    }
    let line = JSONObject([
        ("frames", .integer(scores.count)), ("scan", seconds(scanned - start)), ("plan", seconds(planned - scanned)),
        ("cuts", .object(cuts)),
    ])
    print(JSON.object(line).text())
    if arguments.contains("--scores") {
        for place in 0..<scores.count {
            print(
                scores.frames[place], scores.timestamps[place], scores.hue[place], scores.saturation[place],
                scores.luma[place], scores.average[place], scores.correlation[place], scores.hashDistance[place])
        }
        print(scores.endFrame, scores.endTimestamp, scores.isComplete, scores.damage)
    }
} catch {
    print(error)
    exit(1)
}
