import Base

extension Run {
    /// Makes a video with the adapters as they are now, between two updates or while the run is paused, and waits for it; of a run
    /// that is over with its last checkpoint. Returns its path.
    ///
    /// Throws `Cancelled` when the monitor was asked to stop: the video is then made all the same.
    public func sample(_ options: SampleOptions, monitor: Monitor = Monitor()) throws -> String {
        try SessionRanks.requireAlone("run:sample")
        // What names the file; the adapters are those of the run all the same.
        var options = options
        options.lora = folder
        let answer = Answer<Result<String, any Error>>()
        if !isOver { requests.post(.sample(options) { answer.give($0) }) }
        // It may end before it serves.
        while !isOver {
            if let made = answer.wait(seconds: 0.05) { return try made.get() }
            try monitor.checkpoint()
        }
        if let made = answer.wait(seconds: 0) { return try made.get() }
        guard let trainer else { throw TrainerError.notRunning(name, state: state.rawValue) }
        return try trainer.sample(options, monitor: monitor)
    }
}
