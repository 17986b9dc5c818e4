import Base
import TestSupport
import Testing

@testable import Torch

/// How many threads a container leaves.
@Suite struct ThreadBudgetTests {
    /// A root folder with these files.
    private func root(_ files: [String: String]) throws -> String {
        let folder = try Scratch.folder("cgroup")
        for (name, text) in files {
            let path = Path.join(folder, name)
            try Files.makeFolder(Path.folder(path))
            try AtomicFile.write(text, to: path)
        }
        return folder
    }

    @Test func `the quota is the least of the groups above, in either hierarchy`() throws {
        let unified = try root([
            "proc/self/cgroup": "0::/pod/job\n", "sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/pod/job/cpu.max": "max 100000\n",
        ])
        #expect(ThreadBudget.quota(root: unified) == 1.5)
        let older = try root([
            "proc/self/cgroup": "9:memory:/m\n4:cpu,cpuacct:/docker/abc\n0::/\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "400000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us": "100000\n",
        ])
        #expect(ThreadBudget.quota(root: older) == 4)
        let none = try root(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nonsense\n"])
        #expect(ThreadBudget.quota(root: none) == nil)
        #expect(ThreadBudget.quota(root: "/nowhere") == nil)
    }
    @Test func `threads are what the quota leaves, unless the user has chosen or it leaves all`() throws {
        let folder = try root([
            "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n",
        ])
        func threads(_ environment: [String: String], _ processors: Int) -> Int? {
            ThreadBudget.threads(environment: { environment[$0] }, processors: processors, root: folder)
        }
        #expect(threads([:], 64) == 3)
        #expect(threads([:], 2) == nil)
        #expect(threads(["OMP_NUM_THREADS": "8"], 64) == nil)
        #expect(threads(["MKL_NUM_THREADS": "1"], 64) == nil)
        #expect(threads(["OMP_NUM_THREADS": ""], 64) == 3)
    }
}
