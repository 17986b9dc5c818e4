import Base
import Glibc
import TestSupport

/// Runs `dataset-crash` or `file-mutation` and reads what it says.
struct CrashChild {
    private var pid: pid_t = 0
    var identifier: pid_t { pid }
    private var output: Int32 = -1

    /// Where the build put its products: the folder of the test program itself.
    static let products: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Either the test program, or the toolchain's runner that loads it: then the working directory tells.
        return path.contains("/.build") ? Path.folder(path) : Path.absolute(".build/debug")
    }()

    /// - Parameter faults: environment of the preloaded library; none without.
    init(folder: String, first: Int, count: Int, faults: [String: String] = [:]) throws {
        try self.init(folder, ["\(first)", "\(count)"], faults)
    }
    /// A child that cuts the folder's videos into scenes.
    init(splitting folder: String, threshold: Double, faults: [String: String] = [:]) throws {
        try self.init(folder, ["\(threshold)", "split"], faults)
    }
    /// A child that damages files in the folder and reads them, or does what one word says.
    init(mutatingIn folder: String, _ arguments: [String]) throws {
        try self.init(folder, arguments, [:], program: "file-mutation")
    }
    /// The shell itself with scripts/resume.lua, which trains or goes on. Faults are those of files below `folder`.
    init(training configuration: String, in folder: String, faults: [String: String]) throws {
        try self.init(script: "resume.lua", [configuration], folder, faults)
    }
    /// The shell itself with scripts/preprocess-kills.lua.
    init(preprocessing arguments: [String], in folder: String, faults: [String: String] = [:]) throws {
        try self.init(script: "preprocess-kills.lua", arguments, folder, faults)
    }
    private init(script: String, _ arguments: [String], _ folder: String, _ faults: [String: String]) throws {
        let script = Path.absolute(Path.join(Path.folder(#filePath), "../../scripts/\(script)"))
        try self.init(
            folder, ["--threads", "1", script] + arguments, faults, program: "ltxsh", takesFolder: false)
    }
    private init(
        _ folder: String, _ arguments: [String], _ faults: [String: String], program: String = "dataset-crash",
        takesFolder: Bool = true
    ) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw FileError.last("make", "a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let program = Path.join(Self.products, program)
        var environment = ["PATH=/usr/bin:/bin"] + faults.map { "\($0)=\($1)" }
        if !faults.isEmpty {
            environment += ["LD_PRELOAD=\(Path.join(Self.products, "libfaultinjection.so"))", "FAULT_FOLDER=\(folder)"]
        }
        let words = [program] + (takesFolder ? [folder] : []) + arguments
        var arguments = words.map { strdup($0) } + [nil], variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let status = posix_spawn(&pid, program, &actions, nil, &arguments, &variables)
        close(ends[1])
        output = ends[0]
        guard status == 0 else { throw FileError.system(operation: "run", path: program, code: status) }
    }

    /// Waits for the child's first line, then some microseconds, then kills it.
    func kill(afterMicroseconds time: UInt32) {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, Patience.milliseconds)
        usleep(time)
        Glibc.kill(pid, SIGKILL)
    }
    /// Waits until the child is dead, and leaves it for `finish`.
    func die() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// Everything the child said until it ended, line by line, and whether it ended by itself with status 0 or 1.
    func finish() -> (lines: [String], isOrderly: Bool) {
        var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        close(output)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        return (lines, status & 0x7F == 0 && (status >> 8) & 0xFF <= 1)
    }
}
