import LTXVideo

/// What is left to chance in a batch besides its noise.
extension TrainingLoop {
    /// Which clips of a batch are given their first frame: one draw for all of them, or one each.
    mutating func firstFrames(_ count: Int) -> [Bool] {
        let conditioning = plan.configuration.conditioning, chance = conditioning.firstFrameConditioningP
        guard chance > 0 else { return Array(repeating: false, count: count) }
        if conditioning.firstFrameConditioningPerSample { return (0..<count).map { _ in coins.random() < chance } }
        return Array(repeating: coins.random() < chance, count: count)
    }
    /// The samples, each with a chance to lose its caption.
    mutating func droppingCaptions(_ samples: [TrainingSample]) throws -> [TrainingSample] {
        guard let emptyCaption else { return samples }
        let chance = plan.configuration.conditioning.captionDropoutP
        return try samples.map { coins.random() < chance ? try emptyCaption.replacing($0) : $0 }
    }
}
