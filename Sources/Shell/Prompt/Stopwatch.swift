import Base
import Glibc

/// How long something took, by the wall and by the processor, and what memory it came to.
struct Stopwatch {
    private let wall = Clock.seconds(), processor = Clock.processor()

    /// `1.2 s, processor 0.8 s, peak 1.3 GB`: by the second figure a replay knows the line.
    var text: String {
        let elapsed = Clock.seconds() - wall, used = Clock.processor() - processor
        return "\(Self.duration(elapsed))\(Prompt.timingMark)\(Self.duration(used)), peak \(ByteCount(Self.peak))"
    }
    /// The most memory that the process has held, in bytes.
    private static var peak: Int {
        var usage = rusage()
        getrusage(0 /* RUSAGE_SELF */, &usage)
        return usage.ru_maxrss * 1024
    }
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<1e-6: "\(NumberText.significant(seconds * 1e9, 3)) ns"
        case ..<1e-3: "\(NumberText.significant(seconds * 1e6, 3)) µs"
        case ..<1: "\(NumberText.significant(seconds * 1e3, 3)) ms"
        case ..<120: "\(NumberText.significant(seconds, 3)) s"
        default: ProgressMeter.clock(seconds)
        }
    }
}
