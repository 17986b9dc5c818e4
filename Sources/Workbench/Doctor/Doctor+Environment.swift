import Base
import Glibc
import Torch

/// Variables that change what happens here, as they are set. Keys are not shown.
extension Doctor {
    /// What each does, where it is set.
    static let variables: [(name: String, isSecret: Bool)] = [
        ("CUDA_VISIBLE_DEVICES", false), ("PYTORCH_CUDA_ALLOC_CONF", false), ("OMP_NUM_THREADS", false),
        ("MKL_NUM_THREADS", false),
        ("OMP_WAIT_POLICY", false), ("LD_LIBRARY_PATH", false),
        ("LD_PRELOAD", false), ("LIBTORCH", false), ("HF_HOME", false), ("HF_HUB_CACHE", false), ("HF_ENDPOINT", false),
        ("HF_HUB_OFFLINE", false), ("HF_TOKEN", true), ("MOONSHOT_API_KEY", true), ("OPENAI_API_KEY", true),
        ("GEMINI_API_KEY", true), ("OPENROUTER_API_KEY", true), ("HTTP_PROXY", false), ("HTTPS_PROXY", false),
        ("NO_PROXY", false), ("TMPDIR", false),
    ]

    mutating func lookAtEnvironment(_ value: (String) -> String?) {
        let set = Self.variables.compactMap { variable in
            value(variable.name).map { variable.isSecret ? "\(variable.name) is set" : "\(variable.name)='\($0)'" }
        }
        var advice: [String] = []
        if let folders = value("LD_LIBRARY_PATH")?.split(separator: ":"),
            let other = folders.first(where: { Files.exists(Path.join(String($0), "libtorch_cpu.so")) })
        {
            advice.append("another libtorch is in '\(other)' and may be opened in place of ours: unset LD_LIBRARY_PATH")
        }
        if let file = value("LD_PRELOAD"),
            !file.split(whereSeparator: { ": ".contains($0) }).allSatisfy({ Files.exists(String($0)) })
        {
            advice.append("LD_PRELOAD names a file that is not there")
        }
        if value("OMP_WAIT_POLICY")?.uppercased() == "ACTIVE" {
            advice.append("OMP_WAIT_POLICY=ACTIVE lets waiting threads spin: many times slower beside other work")
        }
        if let threads = value("OMP_NUM_THREADS").flatMap({ Int($0) }),
            threads > Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        {
            advice.append("OMP_NUM_THREADS is more than there are processors")
        }
        checkup.add(
            "environment", advice.isEmpty ? .ok : .warning,
            set.isEmpty ? "nothing set that matters here" : set.joined(separator: ", "),
            fix: advice.joined(separator: "; "))
    }

    /// Processors, what a control group leaves of them, and how busy they are.
    mutating func lookAtProcessors() {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var load = [0.0, 0.0, 0.0]
        getloadavg(&load, 3)
        var found = "\(counted(processors, "processor")), load \(Self.tenths(load[0]))"
        let quota = ThreadBudget.quota().flatMap { $0 < Double(processors) ? $0 : nil }
        if let quota { found += ", of which this container may use \(Self.tenths(quota))" }
        let isBusy = load[0] > Double(processors) * 1.5
        checkup.add(
            "processors", isBusy ? .warning : .ok, found,
            fix: isBusy ? "other programs want them as well: what runs on the processor takes that much longer" : "")
    }
    private static func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
