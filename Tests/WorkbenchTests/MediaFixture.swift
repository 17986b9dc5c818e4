import Base
import Glibc

extension TemporaryFolder {
    /// Makes a small video with ffmpeg: as many frames as asked, 64×48 unless the size is given.
    func video(_ name: String, frames: Int, size: String = "64x48", rate: Int = 24, filter: String = "") throws {
        try Files.makeFolder(Path.folder(self[name]))
        let source = "testsrc2=size=\(size):rate=\(rate)\(filter)"
        try run(["-f", "lavfi", "-i", source, "-frames:v", "\(frames)", "-pix_fmt", "yuv420p", self[name]])
    }
    /// Runs `ffmpeg` with arguments of its own.
    func run(_ arguments: [String]) throws {
        let words = ["ffmpeg", "-nostdin", "-v", "error", "-y"] + arguments
        var list = words.map { strdup($0) } + [nil]
        defer { for word in list { free(word) } }
        var pid: pid_t = 0, status: Int32 = 0
        let code = posix_spawnp(&pid, "ffmpeg", nil, nil, &list, environ)
        guard code == 0 else { throw FileError.system(operation: "run", path: "ffmpeg", code: code) }
        waitpid(pid, &status, 0)
        guard status == 0 else { throw FileError.system(operation: "make", path: arguments.last ?? "", code: EIO) }
    }
}
