import Base
import Glibc
import Testing

@testable import Workbench

@Suite struct DoctorTests {
    private func row(_ name: String, _ checkup: Checkup) throws -> Checkup.Row {
        try #require(checkup.rows.first { $0.name == name }, "\(checkup.rows.map(\.name))")
    }

    @Test func `an empty folder lacks a model, and every row that is not ok says what to do`() throws {
        let folder = try TemporaryFolder()
        let checkup = Doctor.examine(folder.path)
        #expect(!checkup.isFit)
        let models = try row("models", checkup)
        #expect(models.state == .problem && models.fix.contains("Models.make_tiny"))
        for row in checkup.rows where row.state == .problem { #expect(!row.fix.isEmpty, "\(row)") }
        #expect(try row("libtorch", checkup).state == .ok)
        #expect(try row("writing video", checkup).state == .ok)
        #expect(try row("outputs", checkup).found.contains("not made yet"))
        #expect(try folder.names().isEmpty)  // nothing is left of the look
    }
    @Test func `a whole model is ok, and one with a cut file is named with the file`() throws {
        let folder = try TemporaryFolder()
        try TinyModel.make(at: folder["models/tiny"])
        #expect(try row("model tiny", Doctor.examine(folder.path)).state == .ok)
        let weights = try #require(
            try Files.list(folder["models/tiny/vae"]).first { $0.hasSuffix(".safetensors") })
        let path = folder["models/tiny/vae/\(weights)"]
        try AtomicFile.write(Array(Files.read(path).dropLast(100)), to: path)
        let found = try row("model tiny", Doctor.examine(folder.path))
        #expect(found.state == .problem && found.found.contains("vae/\(weights)") && found.fix.contains("Models.check"))
    }
    @Test func `a folder that cannot be written is a problem`() throws {
        // Root may write anywhere but where there is no file system to write to.
        let found = try row("outputs", Doctor.examine("/proc"))
        #expect(found.state == .problem && found.found.contains("/proc"))
    }
    @Test func `why there is a driver and no device`() throws {
        func trouble(_ driver: String, _ cuda: Int?, hidden: String? = nil) -> (found: String, fix: String) {
            Doctor.trouble(driver: driver, cuda: cuda, note: "no device", hidden: hidden)
        }
        #expect(trouble("550.54.14", nil).fix.contains("--cuda"))
        #expect(
            trouble("470.10", 12).found.contains("too old for CUDA 12") && trouble("470.10", 12).fix.contains("525"))
        #expect(trouble("550.54.14", 12).found.contains("no device"))
        #expect(trouble("550.54.14", 13).fix.contains("580"))
        #expect(trouble("550.54.14", 12, hidden: "").found.hasSuffix("CUDA_VISIBLE_DEVICES=''"))
        let folder = try TemporaryFolder()
        #expect(Doctor.cuda(inFolder: folder.path) == nil)
        try AtomicFile.write("\0libcudart.so\0libcudart-9335f6a2.so.12\0", to: folder["libc10_cuda.so"])
        #expect(Doctor.cuda(inFolder: folder.path) == 12)
    }
    @Test func `data that lacks captions, a configuration whose model is not here, variables that harm are named`()
        throws
    {
        let folder = try TemporaryFolder()
        for part in ["latents", "conditions"] { try Files.makeFolder(folder["train_date/APT/.precomputed/\(part)"]) }
        try Files.makeFolder(folder["train_date/NEW"])
        try Files.makeFolder(folder["configs"])
        try AtomicFile.write("model:\n  model_source: NOWHERE\n", to: folder["configs/a.yaml"])
        try AtomicFile.write("model: [\n", to: folder["configs/b.yaml"])
        let checkup = Doctor.examine(folder.path)
        #expect(try row("data APT", checkup).state == .problem)
        #expect(try row("data", checkup).found.contains("NEW"))
        #expect(try row("configs", checkup).found.contains("NOWHERE"))
        #expect(try row("configs/b.yaml", checkup).state == .problem)
    }
    @Test func `what the system files say is read`() {
        let line = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n"
        #expect(Doctor.driverVersion(line) == "550.54.14")
        #expect(Doctor.driverVersion("nothing here") == nil)
        #expect(MemoryBudget.available("MemTotal: 10 kB\nMemAvailable:    2048 kB\n") == 2_097_152)
        #expect(MemoryBudget.available("MemTotal: 10 kB\n") == nil)
    }
}
