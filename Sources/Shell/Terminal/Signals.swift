import CReadline
import Glibc
import Synchronization

/// The signals of a terminal program. A handler only sets flags and wakes the main thread; the work is done at safe points.
package enum Signals {
    /// Takes over SIGINT, SIGTERM, SIGHUP and SIGWINCH; SIGPIPE is ignored, so a closed pipe is a write error and no death.
    /// On every way out of the process the terminal gets back the modes it has now. Call once, on the main thread.
    package static func install() {
        cr_set_locale()
        cr_save_modes()
        cr_signals_install()
        atexit { cr_restore_modes() }
    }

    /// Called inside the signal handler at each Ctrl-C (and SIGTERM, SIGHUP) while it is set: must do no more than set a flag
    /// or a Lua hook.
    static func onInterrupt(_ hook: (@convention(c) () -> Void)?) { cr_set_interrupt_hook(hook) }

    /// True from a Ctrl-C (or SIGTERM, SIGHUP) on, until `clear()`. Long native work asks this through its `Monitor`.
    package static var stopRequested: Bool { cr_interrupts() > 0 || cr_termination() != 0 }

    /// SIGINTs that other processes have sent to this one. The terminal's reach those that it has started, too.
    static var sentInterrupts: Int { Int(cr_sent_interrupts()) }

    /// How often that was asked since `clear()`; a signal that ends the program counts twice, because nobody can ask again.
    static var stopRequests: Int { Int(cr_interrupts()) + (cr_termination() == 0 ? 0 : 2) }

    /// Forgets a Ctrl-C that has been answered.
    static func clear() { cr_clear_interrupts() }

    /// True when a Ctrl-C came since `clear()`.
    static var interrupted: Bool { cr_interrupts() > 0 }

    /// The signal that asked the program to end: the exit status is 128 + this.
    static var termination: Int32? { cr_termination() == 0 ? nil : cr_termination() }

    /// Wakes the main thread out of the prompt or `sleep`, from any thread.
    package static func wake() { cr_wake() }

    /// The descriptor that becomes readable at a wake-up or signal.
    static var wakeup: Int32 { cr_wakeup() }

    /// Waits for a wake-up or a signal. For foreground work that runs on another thread.
    static func sleep(milliseconds: Int) { cr_sleep(Int32(clamping: milliseconds)) }

    // MARK: - What is being waited for

    private static let activity = Mutex<String?>(nil)
    private static let isWatching = Atomic(false)

    /// What foreground work is doing, in a few words (`"splitting, 12 of 40 clips"`), for the user who presses Ctrl-C twice;
    /// `nil` when there is none. Any thread.
    static func setActivity(_ text: String?) { activity.withLock { $0 = text } }

    /// What was set last.
    static var currentActivity: String? { activity.withLock { $0 } }

    /// Starts the thread that answers Ctrl-C while the main thread is busy: the second within two seconds is told what the
    /// first still waits for.
    static func startWatching() {
        guard !isWatching.exchange(true, ordering: .relaxed) else { return }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 256 << 10)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        pthread_create(&thread, &attributes, { _ in Signals.watch() }, nil)
        pthread_detach(thread)
    }
    private static func watch() -> UnsafeMutableRawPointer? {
        var previous = -10_000
        var descriptor = pollfd(fd: cr_interrupt_descriptor(), events: Int16(POLLIN), revents: 0)
        while true {
            guard poll(&descriptor, 1, -1) > 0 else { continue }
            var count: UInt64 = 0
            guard read(descriptor.fd, &count, 8) == 8 else { continue }
            let now = cr_last_interrupt()
            // Two within one wake-up count as two: the first was not answered in between.
            if cr_interrupts() > 1, now - previous < 2000 || count > 1, let text = activity.withLock({ $0 }) {
                let line =
                    "\nstopping at the next safe point; waiting for: \(SafeText.line(text))"
                    + "\nCtrl-C three times within a second gives it up and keeps the session\n"
                Array(line.utf8).withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
            }
            previous = now
        }
    }
}
