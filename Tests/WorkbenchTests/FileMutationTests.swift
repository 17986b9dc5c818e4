import Base
import TestSupport
import Testing

@Suite struct FileMutationTests {
    /// A sample; scripts/mutate.sh takes as many as it is asked for.
    @Test func `a damaged file is an error that names it, never the end of the program`() throws {
        let folder = try Scratch.folder("mutation")
        let (lines, isOrderly) = try CrashChild(mutatingIn: folder, ["1500", "7"]).finish()
        let last = (try? Files.text(Path.join(folder, "case"))) ?? ""
        #expect(isOrderly && lines.last?.hasPrefix("end 1500") == true, "it ended at case \(last)")
        #expect(lines.filter { $0.hasPrefix("unnamed") } == [])
    }

    @Test func `reading beyond the end of a mapping that is not ours ends the program as ever`() throws {
        let (lines, isOrderly) = try CrashChild(mutatingIn: Scratch.folder("bus"), ["bus"]).finish()
        #expect(!isOrderly && lines.isEmpty)
    }
}
