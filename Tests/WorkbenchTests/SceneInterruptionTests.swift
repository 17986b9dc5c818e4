import Base
import Glibc
import Synchronization
import Testing

@testable import Workbench

/// `LTXSH_FULL_TESTS=1` stops and kills at every place; the default run is a sample of them.
private let isFull = getenv("LTXSH_FULL_TESTS") != nil

@Suite(.serialized) struct SceneInterruptionTests {
    @Test func `nothing is touched while another has the clips' dataset`() throws {
        let videos = try GreyVideos("a.mp4"), folder = videos.folder
        let scenes = try videos.split(27)
        try videos.caption(scenes)
        try scenes.close()
        let before = try folder.names("scenes").filter { $0.hasSuffix(".mp4") }.map {
            try Files.read(folder["scenes/\($0)"])
        }
        var other: DatasetStore? = try DatasetStore(DatasetLocation(opening: folder["scenes"]))
        let error = #expect(throws: DatasetError.self) { try videos.split(60) }
        #expect(error?.kind == "dataset.locked" && other?.obstacle == nil)
        other = nil
        let after = try folder.names("scenes").filter { $0.hasSuffix(".mp4") }.map {
            try Files.read(folder["scenes/\($0)"])
        }
        #expect(before == after)
        try videos.expectAll(4, "refused")
        #expect(try videos.split(60).clips.map(\.caption) == [nil, nil])
    }
    @Test func `half-written clips of processes that are no more go with the next split`() throws {
        let videos = try GreyVideos("a.mp4"), folder = videos.folder
        try videos.split(27)
        let child = try CrashChild(splitting: folder["scenes"], threshold: 27)
        let dead = child.identifier
        _ = child.finish()
        // Nobody has waited for this one.
        let killed = try CrashChild(splitting: folder["scenes"], threshold: 27)
        killed.kill(afterMicroseconds: 0)
        killed.die()
        let gone = [
            ".a.b-Scene-001.\(dead).77.tmp.mp4", ".scenes/.a.mp4.\(dead).1.tmp.json",
            ".a-Scene-001.\(killed.identifier).77.tmp.mp4",
        ]
        let kept = [".a-Scene-001.\(getpid()).77.tmp.mp4", ".a-Scene-001.1.77.tmp.mp4", ".mine.tmp.mp4"]
        for name in gone + kept { try folder.write("x", to: "scenes/" + name) }
        try videos.split(27)
        for name in gone { #expect(!Files.exists(folder["scenes/" + name]), "\(name)") }
        for name in kept { #expect(Files.exists(folder["scenes/" + name]), "\(name)") }
        _ = killed.finish()
    }
    @Test(arguments: [[27, 60], [60, 27]]) func `a split that is stopped anywhere is mended by the next`(cuts: [Double])
        throws
    {
        let polls = Atomic(0)
        do {
            let videos = try GreyVideos("a.mp4", "b.mp4")
            try videos.split(cuts[0])
            try videos.split(
                cuts[1],
                Monitor(poll: {
                    polls.add(1, ordering: .relaxed)
                    return false
                }))
        }
        let total = polls.load(ordering: .relaxed)
        #expect(total > 8)
        for at in stride(from: 1, through: total, by: isFull ? 1 : max(1, total / 8)) {
            let videos = try GreyVideos("a.mp4", "b.mp4"), count = Atomic(0)
            try videos.caption(try videos.split(cuts[0]))
            let monitor = Monitor(poll: { count.add(1, ordering: .relaxed).newValue >= at })
            #expect(throws: Cancelled.self) { try videos.split(cuts[1], monitor) }
            try mend(videos, cuts, "stopped at poll \(at) of \(total)")
        }
    }
    @Test(arguments: ["kill", "kill csv", "kill sidecars", "tear", "ENOSPC"], [[27, 60], [60, 27]])
    func `a split that ends before any system call is mended by the next`(fault: String, cuts: [Double]) throws {
        let words = fault.split(separator: " "), action = String(words[0])
        let format = words.count == 1 ? "captions.json" : words[1] == "csv" ? "captions.csv" : "sidecars"
        let log = try TemporaryFolder(), whole = try captioned(cuts[0], format)
        let child = try CrashChild(splitting: whole.folder.path, threshold: cuts[1], faults: ["FAULT_LOG": log["log"]])
        #expect(child.finish().lines.last == "end")
        let total = try log.text("log").split(separator: "\n").count
        #expect(total > 60)
        for at in stride(from: 1, through: total, by: isFull ? 1 : max(1, total / 9)) {
            let videos = try captioned(cuts[0], format), place = "\(fault) at call \(at) of \(total)"
            let child = try CrashChild(
                splitting: videos.folder.path, threshold: cuts[1],
                faults: ["FAULT_AT": "\(at)", "FAULT_ACTION": action])
            _ = child.finish()
            try mend(videos, cuts, place)
        }
    }

    /// Made in this process and closed, so that a child can have it.
    private func captioned(_ threshold: Double, _ format: String) throws -> GreyVideos {
        let videos = try GreyVideos("a.mp4", "b.mp4")
        try videos.captioned(threshold, format).close()
        return videos
    }
    /// At no time does a clip say what another shows; and cutting as before brings every caption back.
    private func mend(_ videos: GreyVideos, _ cuts: [Double], _ place: String) throws {
        let counts = cuts.map { $0 == 27 ? 8 : 4 }
        try videos.expectNoLies("\(place), before")
        let scenes = try videos.split(cuts[1])
        #expect(scenes.count == counts[1], "\(place)")
        try videos.expectNoLies("\(place), after")
        try videos.split(cuts[0])
        try videos.expectAll(counts[0], place)
    }
}
