import Torch

/// An exponential moving average of parameters, in fp32: smoother than where training happens to stand. As diffusers' `EMAModel`
/// without options.
public final class MovingAverage {
    /// Of each parameter, in order.
    public let averages: [Parameter]
    /// Updates so far.
    public private(set) var updates: Int
    private let decay: Double

    /// Starts from the parameters as they are, or after so many updates, when `restore` follows.
    public init(_ parameters: [Parameter], decay: Double, updates: Int = 0) throws {
        averages = try parameters.map { Parameter($0.name, try $0.tensor.detached().to(.float32).cloned()) }
        (self.decay, self.updates) = (decay, updates)
    }

    /// Takes the parameters of now in. The first time they are the average; later the decay grows towards its own, so that the
    /// average does not hang on the beginning.
    public func add(_ parameters: [Parameter]) throws {
        updates += 1
        let before = Double(updates - 1)
        let kept = before == 0 ? 0 : min(decay, (1 + before) / (10 + before))
        for (average, parameter) in zip(averages, parameters) {
            let new = try parameter.tensor.detached().to(.float32)
            try average.tensor.add(inPlace: average.tensor - new, scaledBy: -(1 - kept))
        }
    }

    /// Goes on from averages that were read. Throws `OptimizerError`.
    public func restore(_ state: [String: Tensor]) throws {
        for average in averages {
            guard let theirs = state[average.name] else { throw OptimizerError.missing(average.name) }
            guard theirs.shape == average.tensor.shape else {
                throw OptimizerError.shape(average.name, expected: average.tensor.shape, found: theirs.shape)
            }
            try average.tensor.copy(from: theirs)
        }
    }
}
