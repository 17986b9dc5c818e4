import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// One of the kills of scripts/preprocess-kills.sh; with `LTXSH_FULL_TESTS` one at every seventh call that changes a file.
@Suite(.serialized) struct PreprocessingKillTests {
    private func contents(_ folder: String) throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        for part in Precomputed.parts {
            for name in try Precomputed.files(in: Path.join(folder, part)) {
                all["\(part)/\(name)"] = try Files.read(Path.join(folder, "\(part)/\(name).pt"))
            }
        }
        return all
    }

    @Test func `preprocessing that is killed shows no half file, and started again makes the same ones`() throws {
        let folder = try TemporaryFolder(), out = folder["d/.precomputed"], log = folder["calls"]
        #expect(try CrashChild(preprocessing: ["prepare", folder.path], in: folder.path).finish().isOrderly)
        #expect(try CrashChild(preprocessing: [folder.path], in: out, faults: ["FAULT_LOG": log]).finish().isOrderly)
        let expected = try contents(out), calls = try Files.text(log).split(separator: "\n")
        #expect(expected.count == 3 * 8)
        let torn = try #require(calls.lastIndex { $0.hasPrefix("write") && $0.contains("/latents/") }) + 1
        let isFull = getenv("LTXSH_FULL_TESTS") != nil
        for place in isFull ? Array(stride(from: 1, through: calls.count, by: 7)) : [torn] {
            Scratch.remove(out)
            let faults = ["FAULT_AT": "\(place)", "FAULT_ACTION": place % 2 == 0 && place != torn ? "kill" : "tear"]
            #expect(try !CrashChild(preprocessing: [folder.path], in: out, faults: faults).finish().isOrderly)
            for (name, bytes) in try contents(out) where expected[name] != bytes { Issue.record("half: \(name)") }
            #expect(try CrashChild(preprocessing: [folder.path], in: out).finish().isOrderly)
            let found = try contents(out)
            let remains = try Precomputed.parts.flatMap { try Files.list(Path.join(out, $0)) }.filter {
                $0.hasPrefix(".")
            }
            #expect(remains == [])
            #expect(found.keys.sorted() == expected.keys.sorted(), "\(calls[place - 1])")
            for (name, bytes) in expected where found[name] != bytes { Issue.record("\(calls[place - 1]): \(name)") }
        }
    }
}
