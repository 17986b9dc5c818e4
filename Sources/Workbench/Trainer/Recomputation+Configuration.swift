import Configuration
import NN

extension Recomputation {
    /// As a configuration says.
    ///
    /// - Parameter auto: what `auto` comes to, which is found when a run is planned; it counts as none until then.
    init(_ configuration: TrainingConfiguration, auto: Blocks? = nil) {
        let blocks = auto ?? Blocks(configuration.optimization.enableGradientCheckpointing)
        self.init(blocks, offloadsInputs: configuration.acceleration.offloadActivations)
    }
}

extension Recomputation.Blocks {
    /// As a configuration says; `auto` counts as none.
    init(_ checkpointing: GradientCheckpointing) {
        self =
            switch checkpointing {
            case .off, .auto: .none
            case .on: .all
            case .blocks(let count): .first(count)
            }
    }
}
