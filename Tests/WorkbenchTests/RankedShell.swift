import Base
import Foundation
import TestSupport

@testable import Workbench

/// `ltxsh` with several ranks, in real processes.
final class RankedShell {
    /// What it said, and its exit status; 128 + signal where one ended it.
    struct End { let status: Int32, output: String, errors: String }
    private let process = Process(), output: String, errors: String

    /// Runs a script of Lua; `arguments` are its own. Each rank computes with one thread.
    init(ranks: Int, _ script: String, _ arguments: [String], in folder: String) throws {
        let file = Path.join(folder, "ranks.lua")
        try AtomicFile.write(script, to: file)
        (output, errors) = (Path.join(folder, "ranks.out"), Path.join(folder, "ranks.err"))
        for path in [output, errors] { try AtomicFile.write("", to: path) }
        process.executableURL = URL(fileURLWithPath: Path.join(CrashChild.products, "ltxsh"))
        process.arguments = ["--threads", "1", "--nproc", "\(ranks)", file] + arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder, "LTXSH_RANKS_TIMEOUT": "60"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
    }
    /// Waits for its end.
    func finish() throws -> End {
        process.waitUntilExit()
        let status = process.terminationStatus
        return End(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
            output: try Files.text(output),
            errors: try Files.text(errors))
    }
    /// The process of a rank; nil where there is none.
    func rank(_ number: Int) -> pid_t? {
        let children = try? Files.text("/proc/\(process.processIdentifier)/task/\(process.processIdentifier)/children")
        return (children ?? "").split(separator: " ").compactMap { pid_t($0) }.first { child in
            guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(child)/environ")) else {
                return false
            }
            return bytes.split(separator: 0).contains { $0.elementsEqual("RANK=\(number)".utf8) }
        }
    }
    /// Waits until `condition`, as long as it lives; whether that came.
    func wait(until condition: () -> Bool) -> Bool {
        while process.isRunning {
            if condition() { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return condition()
    }
    func interrupt() { kill(process.processIdentifier, SIGINT) }
    func interruptAll() { for pid in (0..<8).compactMap(rank) { kill(pid, SIGINT) } }
}
