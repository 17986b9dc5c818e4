import Configuration
import NN

extension Recomputation {
    /// As a configuration says.
    init(_ checkpointing: GradientCheckpointing) {
        self =
            switch checkpointing {
            case .off: .none
            case .on: .all
            case .blocks(let count): .first(count)
            // What `auto` stands for is found when a run is planned.
            case .auto: .none
            }
    }
}
