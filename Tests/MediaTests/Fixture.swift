import Base
import Glibc
import TestSupport
@testable import Media

/// Media made by the ffmpeg command for one test suite, in a folder that goes with it.
final class Fixture: Sendable {
    let folder: String
    /// For files that many tests read and none changes.
    static let shared = Result { try Fixture() }

    init() throws {
        folder = try Scratch.folder("media")
    }
    deinit { Scratch.remove(folder) }

    func path(_ name: String) -> String { Path.join(folder, name) }

    /// Runs `ffmpeg -y ARGUMENTS NAME` and returns the path.
    @discardableResult func make(_ name: String, _ arguments: String) throws -> String {
        let target = path(name)
        let words = arguments.split(separator: " ").map(String.init)
        let code = Self.run(["ffmpeg", "-nostdin", "-v", "error", "-y"] + words + [target])
        guard code == 0 else { throw MediaError.unwritable(path: target, reason: "ffmpeg ended with \(code)") }
        return target
    }

    /// Runs a program with its output thrown away and returns its status.
    static func run(_ words: [String]) -> Int32 {
        var id = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        guard posix_spawnp(&id, words[0], &actions, nil, &arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }
}

/// Largest and mean difference of two pictures.
func difference(_ a: Frame, _ b: Frame) -> (most: Int, mean: Double) {
    guard a.width == b.width, a.height == b.height, a.channels == b.channels else { return (255, 255) }
    var most = 0, sum = 0
    for (x, y) in zip(a.pixels, b.pixels) {
        let d = abs(Int(x) - Int(y))
        most = max(most, d)
        sum += d
    }
    return (most, Double(sum) / Double(a.pixels.count))
}
