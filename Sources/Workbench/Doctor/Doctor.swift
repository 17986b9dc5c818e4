import Base
import Glibc
import Media
import Torch

/// Looks over the machine and the project folder.
public struct Doctor {
    private let root: String, memory: Int
    var checkup = Checkup()

    /// Opens libtorch, reads headers, writes and removes one small file in each folder that runs write to.
    ///
    /// - Parameter root: the folder with `models`, `train_date` and `outputs`.
    public static func examine(_ root: String = ".") -> Checkup {
        var doctor = Doctor(root: root, memory: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
        doctor.lookAtTorch()
        doctor.lookAtRanks()
        doctor.lookAtProcessors()
        doctor.lookAtMemory()
        doctor.lookAtCodecs()
        doctor.lookAtModels()
        doctor.lookAtConfigurations()
        doctor.lookAtData()
        doctor.lookAtFolders()
        doctor.lookAtEnvironment { name in getenv(name).map { String(cString: $0) } }
        return doctor.checkup
    }
    private init(root: String, memory: Int) { (self.root, self.memory) = (root, memory) }
    func place(_ name: String) -> String { root == "." ? name : Path.join(root, name) }

    // MARK: libtorch and devices

    private mutating func lookAtTorch() {
        do { try Backend.open() } catch {
            return checkup.add(
                "libtorch", .problem, "\(error)",
                fix: "run scripts/setup.sh again, or set LIBTORCH to a libtorch folder and build; "
                    + "without it there is no training")
        }
        checkup.add(
            "libtorch", .ok, "\(Backend.version), \(Backend.threads == 1 ? "1 thread" : "\(Backend.threads) threads")")
        let driver = (try? Files.text("/proc/driver/nvidia/version")).flatMap(Self.driverVersion)
        guard Backend.cudaDevices > 0 else {
            guard let driver else {
                return checkup.add("CUDA", .warning, "no NVIDIA driver; training runs on the processor")
            }
            let reason = Backend.cudaNote, hidden = getenv("CUDA_VISIBLE_DEVICES").map { String(cString: $0) }
            let (found, fix) = Self.trouble(
                driver: driver, cuda: Self.libtorchFolder.flatMap(Self.cuda), note: reason, hidden: hidden)
            return checkup.add("CUDA", .problem, found, fix: fix)
        }
        for index in 0..<Backend.cudaDevices {
            guard let (free, total) = try? Backend.cudaMemory(index) else {
                checkup.add("cuda:\(index)", .problem, "does not tell its memory", fix: "see what nvidia-smi says")
                continue
            }
            let found = "\(ByteCount(total)), \(ByteCount(free)) free" + (driver.map { ", driver \($0)" } ?? "")
            let isSmall = total < 15_000_000_000, isFull = free < total / 2
            checkup.add(
                "cuda:\(index)", isSmall || isFull ? .warning : .ok, found,
                fix: isFull
                    ? "other programs hold more than half of it: nvidia-smi names them"
                    : isSmall ? "the 2B models want 16 GB or more" : "")
        }
    }
    /// `"550.54.14"` out of the kernel module's line.
    static func driverVersion(_ text: String) -> String? {
        text.split(whereSeparator: \.isWhitespace).first { word in
            word.split(separator: ".").count >= 2 && word.allSatisfy { $0.isNumber || $0 == "." }
        }.map(String.init)
    }

    private mutating func lookAtMemory() {
        let available = (try? Files.text("/proc/meminfo")).flatMap(MemoryBudget.available) ?? memory
        let isLittle = memory < 15_000_000_000
        checkup.add(
            "memory", isLittle ? .warning : .ok, "\(ByteCount(memory)), \(ByteCount(available)) available",
            fix: isLittle ? "the text encoder alone is 9.5 GB in bf16; a tiny model runs anywhere" : "")
    }
    // MARK: Video

    private mutating func lookAtCodecs() {
        let missing = Codecs.common.filter { !Codecs.canDecode($0) }
        checkup.add(
            "reading video", missing.isEmpty ? .ok : missing.contains("h264") ? .problem : .warning,
            missing.isEmpty
                ? Codecs.common.joined(separator: ", ")
                : "FFmpeg here has no decoder for \(missing.joined(separator: ", "))",
            fix: missing.isEmpty ? "" : "install a full FFmpeg (libavcodec-extra)")
        let canWrite = Codecs.canEncode("libx264") && Codecs.canEncode("aac")
        checkup.add(
            "writing video", canWrite ? .ok : .problem,
            canWrite ? "h264 by libx264, aac" : "FFmpeg here has no libx264 or no aac",
            fix: canWrite ? "" : "install FFmpeg with libx264; split and sample need it")
    }

    // MARK: Models

    private mutating func lookAtModels() {
        let models = place("models")
        let folders = ((try? Files.list(models)) ?? []).filter {
            let path = Path.join(models, $0)
            return Files.isFolder(Path.join(path, "transformer")) || Files.isFolder(Path.join(path, "text_encoder"))
        }
        guard !folders.isEmpty else {
            return checkup.add(
                "models", .problem, "none under \(models)/",
                fix: "put a published LTX-Video folder there, or Models.make_tiny(\"models/tiny\") to try things")
        }
        for name in folders {
            do {
                let check = try ModelCheck(Path.join(models, name)), first = check.problems.first
                checkup.add(
                    "model \(name)", check.isComplete ? .ok : .problem,
                    check.isComplete
                        ? "complete, \(ByteCount(check.byteCount))"
                        : "\(first?.name ?? "") \(first?.problem ?? "")"
                            + (check.problems.count > 1 ? " and \(check.problems.count - 1) more" : ""),
                    fix: check.isComplete
                        ? "" : "fetch the file again; Models.check(\"\(Path.join("models", name))\") lists all")
            } catch { checkup.add("model \(name)", .problem, "\(error)", fix: "fetch the model again") }
        }
    }

    // MARK: Disk

    private mutating func lookAtFolders() {
        for name in ["outputs", "train_date"] {
            let path = place(name)
            let place = Files.isFolder(path) ? path : root
            guard Self.canWrite(place) else {
                checkup.add(
                    name, .problem, "'\(place)' cannot be written",
                    fix: "see to its owner and permissions: ls -ld '\(place)'")
                continue
            }
            var status = statvfs()
            guard statvfs(place, &status) == 0 else {
                checkup.add(name, .warning, "the disk of '\(place)' does not tell its space")
                continue
            }
            let (bytes, isHuge) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
                by: Int(clamping: status.f_frsize))
            let free = isHuge ? Int.max : bytes
            let isLow = free < 20_000_000_000
            checkup.add(
                name, isLow ? .warning : .ok, "\(ByteCount(free)) free" + (place == path ? "" : " (not made yet)"),
                fix: isLow ? "latents, checkpoints and samples want room: 20 GB is little for a project" : "")
        }
    }
    private static func canWrite(_ folder: String) -> Bool {
        let path = Path.join(folder, ".ltxsh-doctor-\(getpid())")
        defer { unlink(path) }
        return (try? Files.append("x", to: path)) != nil
    }
}
