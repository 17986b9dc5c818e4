import Base
import Testing
@testable import Media

/// Scores and cuts against PySceneDetect's own, stored in Fixtures by its versions 0.7.2 and 0.6.5.2.
@Suite struct SceneTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private static let folder = Path.join(Path.folder(#filePath), "Fixtures")

    private struct Case {
        let video: String, scan: ScanOptions, options: SceneOptions, cuts: [Int], scenes: [[Int]]?
        /// Where the golden file has times instead of numbers of pictures.
        let times: [Double]?
        let text: String
    }
    /// The cases of a golden file; `name` begins with the version.
    private func cases(_ name: String) throws -> [Case] {
        let file = try Files.json(Path.join(Self.folder, "pyscenedetect-\(name).json"))
        let version = try #require(SceneOptions.Version(rawValue: String(name.prefix(3))))
        return try (file["cases"]?.array ?? []).map { item in
            var scan = ScanOptions(version), options = SceneOptions()
            options.version = version
            options.detector = try #require(SceneDetector(rawValue: item["detector"]?.string ?? ""))
            for (name, value) in item["options"]?.object?.members ?? [] {
                let number = value.number ?? 0
                switch name {
                case "threshold", "adaptive_threshold": options.threshold = number
                case "min_scene_len":
                    options.minSceneLength = try #require(
                        value.string.map { VideoTime(parsing: $0) } ?? .frames(Int(number)))
                case "luma_only": options.lumaOnly = value.bool == true
                case "window_width": options.windowWidth = Int(number)
                case "min_content_val": options.minContentValue = number
                case "fade_bias": options.fadeBias = number
                case "add_final_scene": options.addsFinalScene = value.bool == true
                case "filter_mode": options.filterMode = try #require(.init(rawValue: value.string ?? ""))
                case "weights":
                    options.weights = value.array?.compactMap(\.number) ?? []
                    scan.edges = true
                case "bins": scan.bins = Int(number)
                case "size": scan.hashSize = Int(number)
                case "lowpass": scan.lowpass = Int(number)
                case "frame_skip": scan.frameSkip = Int(number)
                case "downscale": scan.downscale = number
                case "start": scan.start = .seconds(number)
                case "end": scan.end = .seconds(number)
                default: Issue.record("no option '\(name)'")
                }
            }
            return Case(
                video: Path.join(Self.folder, "\(item["video"]?.string ?? "").mp4"), scan: scan, options: options,
                cuts: item["cuts"]?.array?.compactMap(\.integer) ?? [],
                scenes: item["scenes"]?.array?.map { $0.array?.compactMap(\.integer) ?? [] },
                times: item["times"]?.array?.compactMap(\.number), text: item.text())
        }
    }

    @Test(arguments: [("0.6", 21), ("0.7", 21), ("0.7-tenbit", 11)])
    func `all five detectors cut where PySceneDetect cuts`(name: String, atLeast: Int) throws {
        var scanned: [String: [ScanOptions: SceneScores]] = [:]
        let cases = try cases(name)
        #expect(cases.count >= atLeast)
        for item in cases {
            let scores = try scanned[item.video]?[item.scan] ?? SceneScanner.scan(VideoFile(item.video), item.scan)
            scanned[item.video, default: [:]][item.scan] = scores
            let plan = try ScenePlan(scores, item.options)
            #expect(plan.cuts == item.cuts, "\(item.text)")
            if let scenes = item.scenes { #expect(plan.scenes.map { [$0.startFrame, $0.endFrame] } == scenes) }
        }
    }

    // tenbit.mp4 holds the pictures of scenes.mp4 with ten bits: swscale has no direct way from these to RGB.
    @Test(arguments: [("scenes", "0.7"), ("tenbit", "0.7-tenbit")])
    func `scores are PySceneDetect's, number by number`(video: String, name: String) throws {
        let golden = try Files.json(Path.join(Self.folder, "pyscenedetect-\(name).json"))["scores"]
        var options = ScanOptions()
        options.edges = true
        let scores = try SceneScanner.scan(VideoFile(Path.join(Self.folder, "\(video).mp4")), options)
        #expect(scores.isComplete && scores.damage == 0)
        // Stored to six places. The components are sums of whole numbers and must agree to the last stored digit.
        for (name, ours, tolerance) in [
            ("delta_hue", scores.hue, 1e-6), ("delta_sat", scores.saturation, 1e-6), ("delta_lum", scores.luma, 1e-6),
            ("delta_edges", scores.edges, 1e-6), ("average_rgb", scores.average, 1e-6),
            ("hist_diff", scores.correlation, 2e-6), ("hash_dist", scores.hashDistance, 1e-6),
        ] {
            let expected = golden?[name]?.array?.compactMap(\.number) ?? []
            let first = name == "average_rgb" ? 0 : 1  // the first picture has nothing to differ from
            #expect(expected.count == scores.count - first, "\(name)")
            let worst = zip(ours.dropFirst(first), expected).map { abs($0 - $1) }.max() ?? 1
            #expect(worst <= tolerance, "\(name): \(worst)")
        }
    }

    @Test(arguments: [(3, 3.964155148237181, 54.148763020833336), (9, 4.927176752034026, 100.50862630208333)])
    func `edges are widened by as much as is asked`(side: Int, mean: Double, most: Double) throws {
        // PySceneDetect 0.7.2's ContentDetector(weights=(1, 1, 1, 1), kernel_size=side).
        var options = ScanOptions()
        (options.edges, options.kernelSize) = (true, side)
        let file = try VideoFile(Path.join(Self.folder, "scenes.mp4"))
        let edges = try SceneScanner.scan(file, options).edges.dropFirst()
        #expect(abs(edges.reduce(0, +) / Double(edges.count) - mean) < 1e-6 && abs((edges.max() ?? 0) - most) < 1e-6)
        options.kernelSize = 4
        #expect(throws: MediaError.self) { try options.validate() }
    }
    @Test func `all five detectors cut a variable rate when PySceneDetect does`() throws {
        let cases = try cases("0.7-vfr")
        #expect(cases.count == 17 && Set(cases.map(\.options.detector)).count == 5)
        for item in cases {
            let scores = try SceneScanner.scan(VideoFile(item.video), item.scan)
            let found = try ScenePlan(scores, item.options).times, expected = try #require(item.times)
            // PySceneDetect's fades end between pictures, ours at the nearest one; they are at most 0.12 s apart.
            let slack = item.options.detector == .threshold ? 0.06 : 0.001
            #expect(found.count == expected.count && !found.isEmpty, "\(item.text): \(found)")
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= slack }, "\(item.text): \(found)")
        }
    }
    @Test func `lengths in pictures are times where the rate varies`() throws {
        // 10 pictures a second, then 30: on average 20, so 10 pictures are half a second wherever they lie.
        let colours = ["red", "blue", "white", "green"].map { "-f lavfi -i color=\($0):s=64x48:r=30:d=1" }
        let path = try fixture.make(
            "a.mp4",
            colours.joined(separator: " ") + " -filter_complex "
                + "[0][1][2][3]concat=n=4,setpts=0.7*PTS,select=if(lt(t\\,1.4)\\,not(mod(n\\,3))\\,1) -fps_mode vfr"
                + " -pix_fmt yuv420p")
        let scores = try SceneScanner.scan(VideoFile(path))
        var options = SceneOptions()
        func times(_ length: VideoTime, _ version: SceneOptions.Version) throws -> [Double] {
            (options.minSceneLength, options.version) = (length, version)
            return try ScenePlan(scores, options).times.map { ($0 * 10).rounded() / 10 }
        }
        let rate = scores.rate.value, pictures = Int(rate * 0.7)
        #expect(try times(.frames(pictures), .v07) == [0.7, 1.4, 2.1])
        #expect(try times(.frames(pictures + 2), .v07) != [0.7, 1.4, 2.1])
        // 0.6 counts: there are fewer pictures than that in the first scenes.
        #expect(try times(.frames(pictures), .v06) != [0.7, 1.4, 2.1])
        #expect(try times(.seconds(0.69), .v07) == [0.7, 1.4, 2.1])
    }
    @Test func `a variable rate is cut by timestamp`() throws {
        let file = try VideoFile(Path.join(Self.folder, "vfr.mp4"))
        let plan = try ScenePlan(SceneScanner.scan(file))
        // The same pictures as scenes.mp4, which changes at 1.6, 3.6 and 4.8 s.
        #expect(file.isVariableRate)
        #expect(plan.cuts == [32, 69, 93])
        #expect(zip(plan.times, [1.6, 3.6, 4.8]).allSatisfy { abs($0 - $1) < 0.001 }, "\(plan.times)")
    }

    @Test func `a video without cuts is one scene`() throws {
        let scores = try SceneScanner.scan(VideoFile(Path.join(Self.folder, "scenes.mp4")))
        var options = SceneOptions()
        options.threshold = 200
        let plan = try ScenePlan(scores, options)
        #expect(plan.cuts.isEmpty)
        #expect(plan.scenes.count == 1 && plan.scenes[0].startFrame == 0 && plan.scenes[0].endFrame == scores.endFrame)
        #expect(abs(plan.scenes[0].end - 6.8) < 0.001)
    }

    @Test func `scenes are filtered and counted as upstream does`() throws {
        let scores = try SceneScanner.scan(VideoFile(Path.join(Self.folder, "scenes.mp4")))
        var options = SceneOptions()
        options.filterShorterThan = VideoTime(parsing: "1.2s")
        let kept = try ScenePlan(scores, options)
        #expect(kept.scenes.allSatisfy { $0.frames >= 30 })
        #expect(kept.scenes.map(\.startFrame) == [0, 56, 90, 120])
        options.maxScenes = 2
        #expect(try ScenePlan(scores, options).scenes == Array(kept.scenes.prefix(2)))
    }

    @Test func `options out of range are named`() throws {
        let scores = try SceneScanner.scan(VideoFile(Path.join(Self.folder, "scenes.mp4")))
        func key(_ change: (inout SceneOptions) -> Void) -> String? {
            var options = SceneOptions()
            change(&options)
            do { _ = try ScenePlan(scores, options) } catch let error as MediaError { return error.key } catch {}
            return nil
        }
        #expect(key { $0.threshold = .nan } == "threshold")
        #expect(key { $0.threshold = -8 } == "threshold")
        #expect(key { ($0.detector, $0.threshold) = (.hash, 27) } == "threshold")
        #expect(key { $0.windowWidth = 0 } == "window_width")
        #expect(key { $0.fadeBias = 2 } == "fade_bias")
        #expect(key { $0.maxScenes = 0 } == "max_scenes")
        #expect(throws: MediaError.self) {
            var options = SceneOptions()
            options.weights = [1, 1, 1, 1]
            _ = try ScenePlan(scores, options)
        }
    }
}

@Suite struct SceneCacheTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private var source: String { Path.join(Path.join(Path.folder(#filePath), "Fixtures"), "scenes.mp4") }

    @Test func `stored scores are the scores, and another threshold takes no time`() throws {
        let file = try VideoFile(source), cache = SceneScoreCache(folder: fixture.path("cache"))
        #expect(cache.scores(file) == nil)
        let scores = try cache.scan(file)
        let again = try #require(cache.scores(file))
        #expect(again == scores)
        var options = ScanOptions()
        options.frameSkip = 1
        #expect(cache.scores(file, options) == nil)
    }
    @Test func `a changed source or a damaged file is scanned again`() throws {
        let copy = fixture.path("copy.mp4"), cache = SceneScoreCache(folder: fixture.path("cache"))
        try AtomicFile.write(try Files.read(source), to: copy)
        let file = try VideoFile(copy)
        _ = try cache.scan(file)
        let stored = Path.join(cache.folder, try #require(Files.list(cache.folder).first))
        let bytes = try Files.read(stored)
        for cut in [0, 10, bytes.count / 2, bytes.count - 1] {
            try AtomicFile.write(Array(bytes.prefix(cut)), to: stored)
            #expect(cache.scores(file) == nil)
        }
        var flipped = bytes
        flipped[bytes.count - 100] ^= 1
        try AtomicFile.write(flipped, to: stored)
        #expect(cache.scores(file) == nil)
        try AtomicFile.write(bytes, to: stored)
        #expect(cache.scores(file) != nil)
        try AtomicFile.write(try Files.read(source) + [0], to: copy)
        #expect(cache.scores(file) == nil)
    }
    @Test func `a fast scan finds the same cuts`() throws {
        let path = try fixture.make("b.mp4", "-i \(source) -g 50 -bf 3 -b_strategy 0 -crf 18")
        let file = try VideoFile(path)
        var options = ScanOptions()
        options.fast = true
        let (fast, full) = (try SceneScanner.scan(file, options), try SceneScanner.scan(file))
        #expect(fast.count == full.count && fast.timestamps == full.timestamps)
        #expect(try ScenePlan(fast).cuts == ScenePlan(full).cuts)
        var hash = SceneOptions()
        hash.detector = .hash
        #expect(throws: MediaError.self) { try ScenePlan(fast, hash) }
    }
    @Test func `the report has a line and a picture for each scene`() throws {
        let file = try VideoFile(source), scores = try SceneScanner.scan(file), plan = try ScenePlan(scores)
        let lines = try SceneReport.csv(scores).split(separator: "\n")
        #expect(lines.count == scores.count + 1)
        #expect(lines[0] == "Frame Number,Timecode,content_val,delta_hue,delta_lum,delta_sat")
        #expect(lines[1].hasPrefix("1,00:00:00.000,0.0"))
        let page = try SceneReport.html(file, plan, clips: ["a<b>.mp4"])
        #expect(page.components("data:image/jpeg;base64,") == plan.scenes.count && page.contains("a&lt;b&gt;.mp4"))
        let images = try SceneReport.images(file, plan, count: 2, into: fixture.path("images"), width: 64)
        #expect(images.count == plan.scenes.count && images.allSatisfy { $0.count == 2 })
        #expect(try VideoFile(images[0][0]).width == 64)
    }
}

extension String {
    /// How often another string occurs.
    fileprivate func components(_ part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
