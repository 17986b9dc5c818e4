import Base
import Foundation

/// A server in Python beside this folder, which prints its ports and serves until its standard input ends.
final class PythonServer {
    /// Of 127.0.0.1, in the order in which they were printed.
    let ports: [Int]
    private let process = Process(), input = Pipe()

    /// Runs until it is let go of.
    init(_ name: String, _ arguments: [String] = []) throws {
        let program = Path.join(Path.folder(Path.folder(#filePath)), name)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", program] + arguments
        let output = Pipe()
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        var line = ""
        while !line.hasSuffix("\n"), let next = try output.fileHandleForReading.read(upToCount: 1), !next.isEmpty {
            line += String(decoding: next, as: UTF8.self)
        }
        ports = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard !ports.isEmpty else { throw FileError.missing(program) }
    }
    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
