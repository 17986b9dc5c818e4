import Foundation
import Base
import Glibc

/// How many threads operators may use where the machine has more processors than this process may take.
///
/// Threads that wait do not spin (`Spinning.c`), and then more of them are no slower beside other work: each has its share of the
/// processors. Fewer help where a control group gives less time than there are processors: threads beyond that are stopped in the
/// middle of an operator until the next period, and all others wait for them. libtorch does not look at that.
public enum ThreadBudget {
    /// The number to prefer; `nil` where libtorch's own choice, or the user's, is right.
    ///
    /// - Parameter processes: how many compute on this machine together, each with its share.
    public static func threads(
        processes: Int = 1,
        environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } },
        processors: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN)), root: String = "/"
    ) -> Int? {
        guard !chosen.contains(where: { environment($0)?.isEmpty == false }) else { return nil }
        let quota = quota(root: root).map { min($0, Double(processors)) }
        if processes > 1 { return max(1, Int((quota ?? Double(processors)) / Double(processes))) }
        guard let quota, quota < Double(processors) else { return nil }
        return max(1, Int(quota.rounded(.up)))
    }
    /// Variables by which users choose.
    public static let chosen = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]

    /// Processors' worth of time that the control groups of this process allow, the least of them; `nil` for no limit.
    public static func quota(root: String = "/") -> Double? {
        guard let groups = try? Files.text(Path.join(root, "proc/self/cgroup")) else { return nil }
        var limits: [Double] = []
        for line in groups.split(separator: "\n") {
            // `0::/a/b` is the unified hierarchy, `4:cpu,cpuacct:/a/b` an older one.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                limits += above(parts[2]).compactMap { unified(Path.join(root, "sys/fs/cgroup" + $0)) }
            } else if parts[1].split(separator: ",").contains("cpu") {
                for mount in ["cpu", parts[1]] {
                    limits += above(parts[2]).compactMap { separate(Path.join(root, "sys/fs/cgroup/\(mount)" + $0)) }
                }
            }
        }
        return limits.min()
    }
    /// A group and those that it is in: `/a/b`, `/a` and the root.
    private static func above(_ group: String) -> [String] {
        let parts = group.split(separator: "/")
        return (0...parts.count).map { count in parts.prefix(count).map { "/" + $0 }.joined() }
    }
    /// `cpu.max`: quota and period in microseconds, or `max`.
    private static func unified(_ folder: String) -> Double? {
        let words = ((try? Files.text(Path.join(folder, "cpu.max"))) ?? "").split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0 else {
            return nil
        }
        return quota / period
    }
    private static func separate(_ folder: String) -> Double? {
        func number(_ name: String) -> Double? {
            (try? Files.text(Path.join(folder, name))).flatMap {
                Double($0.filter { !$0.isWhitespace })
            }
        }
        guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us"), quota > 0, period > 0
        else {
            return nil
        }
        return quota / period
    }
}
