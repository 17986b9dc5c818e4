import CLuaBridge

extension Lua {
    // MARK: Interrupts

    /// Makes this the interpreter that `interrupt` stops.
    public func receiveInterrupts() { lb_receive_interrupts(state) }
    /// Stops what the receiving interpreter runs: Lua code at its next instruction, bound work at its next safe point.
    ///
    /// Safe in a signal handler. A script cannot catch it; it is over when the outermost `run` has returned.
    public static func interrupt() { lb_interrupt() }
    /// Stops this interpreter from the thread that runs it.
    public func stop() { lb_stop(state, Int32(LB_INTERRUPTED)) }
    /// Ends the running chunk for good, for `os.exit`: to-be-closed variables are closed, no `pcall` catches it.
    public func exit() { lb_stop(state, Int32(LB_EXITING)) }
    /// Whether the chunk was ended by `exit`.
    public var isExiting: Bool { Int(lb_stopping(state)) == LB_EXITING }
    /// Whether it was asked to stop.
    public var isStopping: Bool { Int(lb_stopping(state)) != LB_RUN }
    /// Forgets a request to stop: the prompt calls it before it runs the next input.
    public func clearStop() { lb_resume(state) }
    /// Whether a chunk runs now.
    public var isRunning: Bool { lb_running(state) }

    /// Whether this is the text that the `assert` that held last handed on behind its value.
    func wasAsserted(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { lb_was_asserted(state, $0.baseAddress, $0.count) }
        }
    }

    // MARK: Memory
    /// Bytes that Lua's own values hold.
    public var memory: Int { Int(lb_memory(state)) }
    /// The most that they may hold, three quarters of the machine's memory at first; 0 is no limit. A value that would pass
    /// it, or take the last memory of the machine, is an error of kind `"oom"`.
    public func limitMemory(to bytes: Int) { lb_limit_memory(state, max(0, bytes)) }
    /// What the limit is at first: a share of the memory of the machine, or of the container where that has less.
    public static var defaultMemoryLimit: Int { Int(clamping: lb_default_limit()) }
    /// Swift objects that Lua holds now.
    public var heldObjects: Int { Int(lb_objects(state)) }
    /// Collects everything that can be.
    public func collectGarbage() {
        lb_collect(state)
        releaseReferences()
    }
    /// Makes every allocation after `count` more fail; a negative count ends that. For tests.
    public func failAllocation(after count: Int) { lb_fail_allocation(state, Int64(count)) }
}
