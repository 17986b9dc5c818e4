import Base
import LTXVideo
import Torch

/// Everything that a run needs to go on as if it had never stopped, between two updates: what was trained, the optimizer's own
/// state, every generator, the order of the data, and how far it was.
///
/// It is a value: taken from a loop, kept, and put into another loop of the same configuration and data.
struct TrainingState {
    /// Whole updates.
    let step: Int
    let settings: Run.Settings
    /// The batches that are left of this epoch.
    let rest: [[Int]]
    let coins: PythonRandom
    /// `adapter.NAME`, `optimizer.NAME`, `generator.host` and `generator.device`, all copies on the CPU.
    let tensors: [String: Tensor]

    /// Tensors whose names begin so, without it.
    func tensors(_ prefix: String) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: tensors.compactMap { name, tensor in
                name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), tensor) : nil
            })
    }
}

/// A state that belongs to another run.
enum TrainingStateError: UserError {
    case missing(String)
    case shape(String, expected: [Int], found: [Int])

    var kind: String { "train.state" }
    var key: String? {
        switch self {
        case .missing(let name), .shape(let name, _, _): name
        }
    }
    var description: String {
        switch self {
        case .missing(let name): "the state has no '\(name)': it belongs to a run with another LoRA"
        case .shape(let name, let expected, let found):
            "the state has '\(name)' in the shape \(found), not \(expected): it belongs to a run with another LoRA"
        }
    }
}
