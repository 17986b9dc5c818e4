import Base
import Glibc
import LuaKit
import TestSupport
import Testing

@testable import Shell

/// Every binding with hostile arguments gives a result or a Lua error; nothing crashes, nothing leaks.
///
/// `LTXSH_FUZZ_CALLS` sets the number of calls, `LTXSH_FUZZ_SEED` the seed; scripts/fuzz.sh runs a million in release.
@Suite struct FuzzTests {
    @Test func `hostile calls of every binding end in a result or an error`() throws {
        let calls = Environment["LTXSH_FUZZ_CALLS"].flatMap { Int($0) } ?? 6_000
        let seed = Environment["LTXSH_FUZZ_SEED"].flatMap { Int($0) } ?? 1
        let program = Path.join(PtySession.programs, "ltxsh")
        let folder = Scratch.path("fuzz")
        // One folder deeper: "../" is one of the hostile paths.
        try Files.makeFolder(Path.join(folder, "inside"))
        let script = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "scripts/fuzz.lua")
        // In a process of its own: a crash is then a finding with a seed, and the folder is its whole world.
        let status = try ChildProcess.run(
            "cd '\(folder)/inside' && HOME='\(folder)/inside' EDITOR=true VISUAL=true "
                + "timeout -s KILL 3000 '\(program)' '\(script)' \(calls) \(seed) > output 2>&1 < /dev/null")
        let output = try Files.text(Path.join(folder, "inside/output"))
        #expect(status == 0, "seed \(seed): \(output.suffix(2000))")
        #expect(output.contains("ok: \(calls) calls"), "\(output.suffix(500))")
    }
}
