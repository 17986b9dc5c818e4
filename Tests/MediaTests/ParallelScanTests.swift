import Base
import Synchronization
import Testing
@testable import Media

/// The parallel scan against one decoder from the start: equal to the last digit, or not taken at all.
@Suite(.serialized) struct ParallelScanTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }
    private var source: String { Path.join(Path.join(Path.folder(#filePath), "Fixtures"), "scenes.mp4") }

    /// Three times the fixture, 510 pictures, so that there are groups enough.
    private func make(_ name: String, _ encoder: String) throws -> VideoFile {
        try VideoFile(fixture.make(name, "-stream_loop 2 -i \(source) -c:v \(encoder) -preset superfast"))
    }

    /// By two threads, also where there is one core or many.
    private func parallel(_ file: VideoFile, _ options: ScanOptions = ScanOptions(), _ monitor: Monitor? = nil) throws
        -> SceneScores
    { try ParallelScan(file, options, workers: 2).run(monitor) }

    @Test(arguments: [
        ("plain.mp4", "libx264 -g 60"), ("b.mp4", "libx264 -g 50 -bf 3 -b_strategy 0"),
        ("intra.mp4", "libx264 -g 1"), ("p.mkv", "libx264 -g 60 -bf 0"), ("refs.mp4", "libx264 -g 70 -bf 5 -refs 6"),
        ("stream.ts", "libx264 -g 60"), ("hevc.mp4", "libx265 -x265-params keyint=60:open-gop=0:log-level=0"),
        ("hevc.ts", "libx265 -x265-params keyint=60:open-gop=0:bframes=6:log-level=0"),
        ("layers.mp4", "libx265 -x265-params keyint=60:open-gop=0:temporal-layers=1:log-level=0"),
        ("open.mp4", "libx265 -x265-params keyint=60:open-gop=1:scenecut=0:bframes=4:log-level=0"),
        ("open.ts", "libx265 -x265-params keyint=60:open-gop=1:log-level=0"),
        ("odd.mp4", "libx264 -g 60 -pix_fmt yuv444p -vf crop=317:179:0:0:exact=1"),
        ("vfr.mp4", "libx264 -g 60 -vf select='mod(n\\,7)' -vsync vfr"),
        ("avi.mkv", "libx264 -g 60 -x264-params repeat-headers=1"),
    ]) func `groups give the scores of the whole`(name: String, encoder: String) throws {
        let file = try make(name, encoder)
        let whole = try SceneScanner.scanInOrder(file)
        #expect(try parallel(file) == whole)
        var edges = ScanOptions()
        (edges.edges, edges.end) = (true, .seconds(11.3))
        #expect(try parallel(file, edges) == SceneScanner.scanInOrder(file, edges))
        try checkFast(file, whole)
    }

    /// A fast scan is exact wherever it decodes.
    private func checkFast(_ file: VideoFile, _ whole: SceneScores) throws {
        var options = ScanOptions()
        options.fast = true
        let scores = try parallel(file, options)
        #expect(scores.options.fast && scores.isComplete)
        #expect(scores.frames == whole.frames && scores.timestamps == whole.timestamps)
        #expect(scores.endFrame == whole.endFrame && scores.endTimestamp == whole.endTimestamp)
        for threshold in [15.0, 27, 40] {
            var content = SceneOptions()
            content.threshold = threshold
            #expect(try ScenePlan(scores, content).cuts == ScenePlan(whole, content).cuts, "\(threshold)")
        }
        // Every high score is the exact one: what was left out lies in quiet.
        let (fast, exact) = (try scores.content(), try whole.content())
        for place in exact.indices where exact[place] >= 15 || fast[place] >= 15 {
            #expect(fast[place] == exact[place], "\(place)")
        }
    }

    @Test(arguments: [
        ("open.mp4", "libx264 -g 60 -x264-params open-gop=1:scenecut=0"),
        ("one.mp4", "libx264 -g 600 -x264-params scenecut=0"), ("part2.mp4", "mpeg4 -g 12 -bf 2"),
        ("fields.mp4", "libx264 -g 60 -flags +ildct+ilme"),
    ]) func `what does not split is scanned in order`(name: String, encoder: String) throws {
        let file = try make(name, encoder)
        var fast = ScanOptions()
        fast.fast = true
        #expect(throws: ParallelScan.NotPossible.self) { try parallel(file) }
        #expect(throws: ParallelScan.NotPossible.self) { try parallel(file, fast) }
        #expect(try SceneScanner.scan(file) == SceneScanner.scanInOrder(file))
    }

    @Test func `a file that is damaged or cut off is what one decoder makes of it`() throws {
        let file = try make("whole.mp4", "libx264 -g 60")
        var bytes = try Files.read(file.path)
        for place in stride(from: bytes.count / 3, to: bytes.count / 3 + 300, by: 3) { bytes[place] ^= 0x5A }
        let damaged = fixture.path("damaged.mp4")
        try AtomicFile.write(bytes, to: damaged)
        let broken = try VideoFile(damaged)
        #expect(throws: ParallelScan.NotPossible.self) { try parallel(broken) }
        #expect(try SceneScanner.scan(broken).count == SceneScanner.scanInOrder(broken).count)

        let stream = try make("whole.ts", "libx264 -g 60"), cut = fixture.path("cut.ts")
        try AtomicFile.write(Array(try Files.read(stream.path).dropFirst(188 * 40).dropLast(188 * 20 + 7)), to: cut)
        let part = try VideoFile(cut)
        #expect(try SceneScanner.scan(part).timestamps == SceneScanner.scanInOrder(part).timestamps)

        // An edit list that begins within a group: its first pictures are decoded and not shown.
        _ = try make("long.mp4", "libx264 -g 100 -x264-params scenecut=0")
        let edited = try VideoFile(fixture.make("edited.mp4", "-ss 1.5 -i \(fixture.path("long.mp4")) -c copy"))
        #expect(try SceneScanner.scan(edited) == SceneScanner.scanInOrder(edited))
    }

    @Test func `any number of threads gives the same`() throws {
        let file = try make("plain.mp4", "libx264 -g 50"), whole = try SceneScanner.scanInOrder(file)
        for workers in [1, 3, 5] {
            #expect(try ParallelScan(file, ScanOptions(), workers: workers).run(nil) == whole, "\(workers)")
        }
    }

    @Test func `two sizes in one stream are scanned in order`() throws {
        let big = try make("big.ts", "libx264 -g 60")
        let small = try make("small.ts", "libx264 -g 60 -vf scale=160:90")
        let both = fixture.path("both.ts")
        try AtomicFile.write(try Files.read(big.path) + Files.read(small.path), to: both)
        let file = try VideoFile(both)
        #expect(throws: ParallelScan.NotPossible.self) { try parallel(file) }
        #expect(try SceneScanner.scan(file) == SceneScanner.scanInOrder(file))
    }

    @Test func `a stop gives the scores so far`() throws {
        let file = try make("plain.mp4", "libx264 -g 60"), whole = try SceneScanner.scanInOrder(file)
        for after in [1, 100, 300] {
            let asked = Atomic(0)
            let monitor = Monitor(poll: { asked.add(1, ordering: .relaxed).newValue > after })
            let scores = try parallel(file, ScanOptions(), monitor)
            #expect(!scores.isComplete && scores.count < whole.count)
            #expect(scores.luma == Array(whole.luma.prefix(scores.count)))
            #expect(scores.endFrame == scores.count)
        }
    }

    @Test func `a fast scan sees what flickers, though every other picture is alike`() throws {
        let flicker = "negate=enable='between(t,8,14)*mod(n,2)'"
        let file = try make("flicker.mp4", "libx264 -g 100 -bf 3 -b_strategy 0 -x264-params scenecut=0 -vf \(flicker)")
        var options = ScanOptions()
        options.fast = true
        let (fast, exact) = (try parallel(file, options).content(), try SceneScanner.scanInOrder(file).content())
        let high = exact.indices.filter { exact[$0] >= 15 }
        let seen = high.count { fast[$0] == exact[$0] }
        // The first of them may be left out, until a picture is looked at in any case.
        #expect(high.count > 140 && seen * 10 >= high.count * 8, "\(seen) of \(high.count)")
    }

    @Test func `exact scores serve a fast scan`() throws {
        let file = try VideoFile(source), cache = SceneScoreCache(folder: fixture.path("cache"))
        var options = ScanOptions()
        options.fast = true
        let exact = try cache.scan(file)
        #expect(try cache.scan(file, options) == exact)
    }
}
