import Glibc

/// Times for measuring: they never jump.
enum Clock {
    /// Seconds since some moment in the past.
    @Sendable static func seconds() -> Double { read(CLOCK_MONOTONIC) }
    /// Seconds of processor time that this process has used.
    static func processor() -> Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
