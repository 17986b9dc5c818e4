import Base
import Glibc
import Testing
@testable import Media

/// Videos whose pictures tell their number, in containers with and without an index.
@Suite struct SeekTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private static let h264 = "-c:v libx264 -preset veryfast -bf 2 -sc_threshold 0"
    private static let containers = [
        ("long.ts", "\(h264) -g 250"), ("short.ts", "\(h264) -g 50"), ("one.ts", "\(h264) -g 1000"),
        ("open.ts", "\(h264) -x264-params open-gop=1:keyint=50:min-keyint=50"),
        ("mpeg2.ts", "-c:v mpeg2video -q:v 2 -g 50 -bf 2 -sc_threshold 1000000000"),
        ("hevc.ts", "-c:v libx265 -preset ultrafast -x265-params keyint=50:min-keyint=50:open-gop=1:log-level=none"),
        ("a.m2ts", "\(h264) -g 250"), ("a.mpg", "-c:v mpeg2video -q:v 2 -g 50 -bf 2 -sc_threshold 1000000000"),
        ("h264.mpg", "-f vob \(h264) -g 100"), ("live.mkv", "\(h264) -g 100 -live 1"), ("a.mkv", "\(h264) -g 100"),
        ("a.flv", "\(h264) -g 100"), ("a.avi", "-c:v mpeg4 -q:v 2 -g 100"), ("b.avi", "-c:v mpeg4 -q:v 2 -g 100 -bf 2"),
        ("h264.avi", "\(h264) -g 100"), ("a.mp4", "\(h264) -g 250"),
        ("open.mp4", "\(h264) -x264-params open-gop=1:keyint=50:min-keyint=50"), ("a.h264", "\(h264) -g 50"),
        ("plain.h264", "\(h264) -g 50 -bf 0"),
    ]
    private static let count = 270, cuts = [0, 35, 128, 190]

    /// The number in white and black squares along the lower edge, above it a grey that changes at the cuts.
    private func numbered(_ name: String, _ arguments: String) throws -> VideoFile {
        try VideoFile(fixture.make(name, "-i \(Self.numbers.get()) \(arguments)"))
    }
    /// Counted once, without loss; every file of these tests is encoded from it.
    private static let numbers = Result { () throws(any Error) -> String in
        let steps = cuts.dropFirst().map { "gte(N\\,\($0))" }.joined(separator: "+")
        let bit = "16+219*mod(floor(N/pow(2\\,floor(X/16)))\\,2)"
        let filter = "geq=lum=if(lt(Y\\,80)\\,40+160*mod(\(steps)\\,2)\\,\(bit)):cb=128:cr=128,format=yuv420p"
        let source = "-f lavfi -i nullsrc=s=160x96:r=25 -frames:v \(count) -vf \(filter)"
        return try Fixture.shared.get().make("numbers.nut", "\(source) -c:v rawvideo")
    }
    private func number(_ frame: Frame) -> Int {
        (0..<10).reduce(0) { $0 + (frame.pixels[(88 * frame.width + $1 * 16 + 8) * 3] > 128 ? 1 << $1 : 0) }
    }

    @Test(arguments: containers) func `the picture at a time is the one that plays then`(
        name: String, arguments: String
    ) throws {
        let file = try numbered(name, arguments)
        let frames = try file.frames(first: 1000)
        #expect(frames.map(number) == Array(0..<frames.count) && frames.count >= Self.count - 3)
        for place in [0, 1, 2, 34, 37, 48, 49, 50, 51, 97, 99, 100, 120, 199, 248, 251, frames.count - 1] {
            let found = try number(file.frame(at: frames[place].time + 0.01))
            #expect(found == place, "\(name)")
        }
    }
    @Test(arguments: containers) func `the picture of a number is counted`(name: String, arguments: String) throws {
        let file = try numbered(name, arguments), count = try file.countFrames().value
        for place in [0, 1, 19, 20, 21, 50, 200, count - 1] {
            #expect(try number(file.frame(at: .frames(place))) == place, "\(name)")
        }
        let error = #expect(throws: MediaError.self) { try file.frame(at: .frames(count)) }
        #expect(error?.description.contains("at most \"\(count - 1)f\"") == true)
    }
    @Test(arguments: [
        ("vfr.mkv", "-vf select=not(mod(n\\,3))+gte(n\\,60) -fps_mode vfr"), ("a.gif", ""), ("a.mkv", ""),
        ("vfr.mp4", "-vf select=gt(mod(n\\,7)\\,2) -fps_mode vfr -pix_fmt yuv420p"),
    ]) func `numbers of pictures are counted, whatever their times`(name: String, arguments: String) throws {
        let base = try numbered("base.mp4", "\(Self.h264) -g 250 -crf 4")
        let file = try VideoFile(fixture.make(name, "-i \(base.path) \(arguments)"))
        let shown = try file.frames(first: 1000).map(number)
        for place in [0, 1, 2, 19, 20, 23, 61, shown.count - 1] {
            #expect(try number(file.frame(at: .frames(place))) == shown[place], "\(name)")
        }
        var options = ScanOptions()
        (options.start, options.end) = (.frames(20), .frames(52))
        let part = try SceneScanner.scan(file, options)
        #expect(part.frames == Array(20..<52))
        (options.end, options.duration) = (nil, .frames(7))
        #expect(try SceneScanner.scan(file, options).frames == Array(20..<27))
    }
    @Test func `a scan ends at a number, in groups as in order`() throws {
        let file = try numbered("a.mp4", "\(Self.h264) -g 50")
        for (end, duration) in [(VideoTime.frames(77), VideoTime?.none), (nil, .frames(77)), (.seconds(3.08), nil)]
            as [(VideoTime?, VideoTime?)]
        {
            var options = ScanOptions()
            (options.end, options.duration) = (end, duration)
            #expect(try SceneScanner.scan(file, options).frames == Array(0..<77))
            #expect(try SceneScanner.scanInOrder(file, options).frames == Array(0..<77))
        }
    }
    @Test(arguments: containers) func `a scene begins and ends with its own pictures wherever key frames lie`(
        name: String, arguments: String
    ) throws {
        let file = try numbered(name, arguments)
        let plan = try ScenePlan(SceneScanner.scan(file))
        #expect(plan.cuts == Array(Self.cuts.dropFirst()))
        let clips = try SceneSplitter.split(file, plan, into: fixture.path("out"))
        #expect(clips.count == Self.cuts.count)
        for clip in clips {
            let numbers = try VideoFile(clip.path).frames(first: 1000).map(number)
            #expect(numbers == Array(clip.scene.startFrame..<clip.scene.endFrame), "\(clip.path)")
        }
    }
    @Test func `a scan that begins within the first key frame's reach gives a scene of just that`() throws {
        let file = try numbered("late.ts", "\(Self.h264) -g 250")
        var options = ScanOptions()
        options.start = .seconds(3)
        let clips = try SceneSplitter.split(
            file, ScenePlan(SceneScanner.scan(file, options)), into: fixture.path("out"))
        #expect(try clips.flatMap { try VideoFile($0.path).frames(first: 1000).map(number) } == Array(75..<Self.count))
    }
    @Test func `a recording that begins between key frames is read from its first whole picture`() throws {
        let whole = try numbered("whole.ts", "\(Self.h264) -g 100")
        let bytes = try Files.read(whole.path), path = fixture.path("recorded.ts")
        try AtomicFile.write(Array(bytes.dropFirst(bytes.count / 188 / 6 * 188)), to: path)
        let file = try VideoFile(path), frames = try file.frames(first: 1000)
        let first = try #require(frames.first.map(number))
        #expect(first > 0 && frames.map(number) == Array(first..<Self.count))
        for place in [0, 1, 60, 99, 101, 140] {
            #expect(try number(file.frame(at: frames[place].time + 0.01)) == first + place)
        }
        let clips = try SceneSplitter.split(file, ScenePlan(SceneScanner.scan(file)), into: fixture.path("out"))
        let numbers = try clips.flatMap { try VideoFile($0.path).frames(first: 1000).map(number) }
        #expect(clips.count > 1 && numbers == Array(first..<Self.count))
    }

    // MARK: Copies

    @Test(arguments: [
        ("short.ts", "\(h264) -g 50"), ("a.m2ts", "\(h264) -g 50"), ("a.mkv", "\(h264) -g 50"),
        ("a.mp4", "\(h264) -g 50"), ("a.flv", "\(h264) -g 50"), ("live.mkv", "\(h264) -g 50 -live 1"),
    ]) func `copied scenes meet at key frames and lose nothing`(name: String, arguments: String) throws {
        let file = try numbered(name, arguments)
        var options = SceneSplitter.Options()
        options.copy = true
        let plan = try ScenePlan(SceneScanner.scan(file)), copier = try ClipCopier(file)
        let clips = try SceneSplitter.split(file, plan, into: fixture.path("out"), options)
        // Keys at 0, 50, 100, 150…; no key lies between the cut at 35 and the start.
        #expect(clips.count == 3 && copier.part(plan.scenes[0], before: plan.scenes[1]) == nil)
        #expect(
            try clips.map { try VideoFile($0.path).frames(first: 1000).map(number) }
                == [Array(0..<100), Array(100..<150), Array(150..<Self.count)])
        for clip in clips { #expect(try VideoFile(clip.path).frames(first: 1)[0].time < 0.001) }
    }
    @Test func `a scene of which nothing can be copied is no clip`() throws {
        let file = try numbered("cut.ts", "\(Self.h264) -g 50")
        let plan = try ScenePlan(SceneScanner.scan(file)), copier = try ClipCopier(file)
        truncate(file.path, 188 * 100)
        #expect(throws: ClipCopier.NothingToCopy.self) {
            try copier.write(
                #require(copier.part(plan.scenes[3], before: nil)), naming: "a.mp4", at: fixture.path("a.mp4"), nil)
        }
    }
    @Test func `a codec that cannot be copied into an mp4 names the way out`() throws {
        let file = try numbered("a.mov", "-c:v prores_ks -pix_fmt yuv422p10le")
        var options = SceneSplitter.Options()
        options.copy = true
        let error = try #require(throws: MediaError.self) {
            try SceneSplitter.split(file, ScenePlan(SceneScanner.scan(file)), into: fixture.path("out"), options)
        }
        #expect("\(error)".contains("prores") && "\(error)".contains("without copy=true it is encoded"))
        #expect("\(error)".contains("a.mov"))
        #expect(try Files.list(fixture.path("out")).allSatisfy { !$0.hasSuffix(".mp4") })
    }

    // MARK: Sound

    /// Beeps of two pictures' length, ten pictures apart, and a white stripe with each.
    private func beeping(_ name: String, _ arguments: String, late: Double = 0) throws -> VideoFile {
        let grey = "40+120*mod(gte(N\\,75)+gte(N\\,155)\\,2)"
        let lum = "if(lt(Y\\,80)\\,\(grey)\\,16+219*lt(mod(N\\,10)\\,2))"
        let pictures = "nullsrc=s=160x96:r=25:d=10,geq=lum=\(lum):cb=128:cr=128,format=yuv420p"
        let sound = "aevalsrc=0.8*sin(2*PI*1000*t)*lt(mod(t\\,0.4)\\,0.08):d=\(10 + late):s=44100"
        let inputs = "-itsoffset \(late) -f lavfi -i \(pictures) -f lavfi -i \(sound)"
        return try VideoFile(fixture.make(name, "\(inputs) \(Self.h264) -c:a aac -b:a 128k -fps_mode vfr \(arguments)"))
    }
    /// Seconds at which stripes and beeps begin.
    private func onsets(_ path: String) throws -> (flashes: [Double], beeps: [Double]) {
        let lit = try VideoFile(path).frames(first: 1000).map { ($0.time, $0.pixels[88 * 160 * 3] > 128) }
        let flashes = lit.indices.filter { lit[$0].1 && ($0 == 0 || !lit[$0 - 1].1) }.map { lit[$0].0 }
        let raw = try Files.read(
            fixture.make("a.raw", "-i \(path) -vn -af aresample=async=1:first_pts=0 -f s16le -ac 1 -ar 8000"))
        var beeps: [Double] = [], last = -1000
        for place in 0..<raw.count / 2 {
            let value = Int16(bitPattern: UInt16(raw[place * 2]) | UInt16(raw[place * 2 + 1]) << 8)
            guard abs(Int(value)) > 6000 else { continue }
            if place - last > 800 { beeps.append(Double(place) / 8000) }
            last = place
        }
        return (flashes, beeps)
    }
    @Test(arguments: [
        ("a.ts", "-g 250", 0.0), ("later.ts", "-g 53 -output_ts_offset 5", 0),
        ("offset.mkv", "-g 53 -output_ts_offset 3", 0),
        ("live.mkv", "-g 53 -output_ts_offset 3 -live 1", 0), ("late.mp4", "-g 53", 1.2), ("a.mp4", "-g 53", 0),
        ("a.flv", "-g 53", 0),
    ]) func `a scene has all its sound and in time, whenever the file's times begin`(
        name: String, arguments: String, late: Double
    ) throws {
        let file = try beeping(name, arguments, late: late)
        let plan = try ScenePlan(SceneScanner.scan(file))
        #expect(plan.cuts == [75, 155])
        for isCopy in [false, true] {
            var options = SceneSplitter.Options()
            (options.copy, options.force) = (isCopy, true)
            let clips = try SceneSplitter.split(file, plan, into: fixture.path("out"), options)
            for clip in clips {
                let (flashes, beeps) = try onsets(clip.path)
                #expect(flashes.count >= 5 && flashes.count == beeps.count, "\(name) \(isCopy) \(flashes) \(beeps)")
                #expect(zip(flashes, beeps).allSatisfy { abs($0 - $1) < 0.04 }, "\(name) \(isCopy) \(flashes) \(beeps)")
            }
        }
    }
}
