import Base
import Torch

/// The driver against the CUDA that this libtorch was built for.
extension Doctor {
    /// The CUDA generation that the libtorch in a folder was built for, by the runtime that its small CUDA library asks for
    /// (`libcudart.so.12`); `nil` for a build without CUDA.
    static func cuda(inFolder folder: String) -> Int? {
        guard let bytes = try? Files.read(Path.join(folder, "libc10_cuda.so")) else { return nil }
        let name = Array("libcudart".utf8), suffix = Array(".so.".utf8)
        var at = bytes.startIndex
        while let found = bytes[at...].firstRange(of: name) {
            // `libcudart-9335f6a2.so.12` in an archive.
            let text = bytes[found.upperBound...].prefix { $0 != 0 }
            if let mark = text.firstRange(of: suffix) {
                let digits = text[mark.upperBound...].prefix { (0x30...0x39).contains($0) }
                if let major = Int(String(decoding: digits, as: UTF8.self)) { return major }
            }
            at = found.upperBound
        }
        return nil
    }
    /// The folder of the libtorch that is open.
    static var libtorchFolder: String? {
        let maps = (try? Files.text("/proc/self/maps")) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix("/libtorch_cpu.so") }
        return line?.firstIndex(of: "/").map { Path.folder(String(line?[$0...] ?? "")) }
    }
    /// The oldest driver that runs programs of a CUDA generation (NVIDIA, "CUDA Compatibility": minor versions run on the drivers
    /// of the first one).
    static func leastDriver(cuda major: Int) -> Int? { [11: 450, 12: 525, 13: 580][major] }

    /// Why there is a driver and no device: what was found and what to do.
    ///
    /// - Parameters:
    ///   - cuda: the generation that libtorch was built for.
    ///   - hidden: `CUDA_VISIBLE_DEVICES`, where it is set.
    static func trouble(driver: String, cuda: Int?, note: String, hidden: String?) -> (found: String, fix: String) {
        guard let cuda else {
            return (
                "driver \(driver), but this libtorch is built without CUDA",
                "scripts/setup.sh --cuda fetches the CUDA build of libtorch; then build again"
            )
        }
        if let hidden {
            return (
                "driver \(driver), but CUDA_VISIBLE_DEVICES='\(hidden)'",
                "unset it, or name a device that nvidia-smi lists"
            )
        }
        let number = Int(driver.prefix { $0 != "." }) ?? 0
        if let least = leastDriver(cuda: cuda), number > 0, number < least {
            return (
                "driver \(driver) is too old for CUDA \(cuda), which this libtorch is built for",
                "install driver \(least) or newer, or a libtorch of an older CUDA"
            )
        }
        return (
            "driver \(driver), but this libtorch of CUDA \(cuda) sees no device\(note.isEmpty ? "" : ": \(note)")",
            "see whether nvidia-smi lists the card; a container has to be handed it (--gpus all)"
        )
    }
}
