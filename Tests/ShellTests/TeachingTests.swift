import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// What a LoRA of the demonstration model learns, measured on the frames that it draws.
@Suite struct TeachingTests {
    /// scripts/demo/teaching.lua holds seeds, a resumed run and an int8 base against margins, and what has to fail them: an update of the
    /// wrong sign, and captions that are left out. One seed, and three where `LTXSH_FULL_TESTS` is set.
    @Test func `training teaches, and what should teach nothing does not`() throws {
        let folder = try Scratch.folder("teaching"), program = Path.join(PtySession.programs, "ltxsh")
        for part in ["configs", "models"] { symlink(Path.join(DayTests.root, part), Path.join(folder, part)) }
        let script = Path.join(DayTests.root, "scripts/demo/teaching.lua"), output = Path.join(folder, "output")
        let seeds = getenv("LTXSH_FULL_TESTS") == nil ? 1 : 3
        let status = try ChildProcess.run(
            "cd '\(folder)' && HOME='\(folder)' '\(program)' '\(script)' --seeds \(seeds) > '\(output)' 2>&1 < /dev/null"
        )
        let text = try Files.text(output)
        #expect(status == 0 && text.contains("training teaches"), "\(text.suffix(2000))")
    }
}
