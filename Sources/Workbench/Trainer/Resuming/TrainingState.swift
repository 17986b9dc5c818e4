import Base
import Configuration
import Torch

/// Everything that a run needs to go on as if it had never stopped, between two updates: what was trained, the optimizer's own
/// state, every generator, the order of the data, and how far it was.
///
/// It is a value: taken from a loop, kept in a file, and put into another loop of the same adapters and data.
struct TrainingState {
    /// Whole updates.
    let step: Int
    /// As it was in effect, with what was changed while the run went on.
    var configuration: TrainingConfiguration
    /// The batches that are left of this epoch, and the clips that wait for others of their size.
    let rest: [[Int]], waiting: [Int]
    let coins: PythonRandom
    /// How many ranks wrote it; nil for a process alone, which draws otherwise than ranks do.
    var ranks: Int?
    /// What each adapter is weighed by, by its layer.
    let alphas: [String: Double]
    /// Updates that were left out right before.
    let skips: [UpdateMeter.Skipped]
    /// Updates of the moving average.
    let averaged: Int
    /// Names of the checkpoints that were there, the newest last.
    var checkpoints: [String] = []
    let data: DataIdentity
    /// `adapter.NAME`, `optimizer.NAME`, `average.NAME`, `generator.host` and `generator.device`, all on the CPU.
    let tensors: [String: Tensor]

    /// See `Ranks`.
    var drawsApart: Bool { ranks != nil }

    /// Tensors whose names begin so, without it.
    func tensors(_ prefix: String) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: tensors.compactMap { name, tensor in
                name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), tensor) : nil
            })
    }
    /// A tensor that must be there. Throws `TrainingStateError`.
    func tensor(_ name: String) throws -> Tensor {
        guard let tensor = tensors[name] else { throw TrainingStateError.missing(name) }
        return tensor
    }
}

/// A state that belongs to another run, or that cannot be used.
enum TrainingStateError: UserError {
    case missing(String)
    case damaged(String, String)
    case newer(String, Int)
    case none(String, hasCheckpoints: Bool)

    var kind: String {
        switch self {
        case .missing: "train.state"
        case .damaged: "train.state_damaged"
        case .newer: "train.state_newer"
        case .none: "train.no_state"
        }
    }
    var path: String? {
        switch self {
        case .missing: nil
        case .damaged(let path, _), .newer(let path, _), .none(let path, _): path
        }
    }
    var key: String? { if case .missing(let name) = self { name } else { nil } }
    var description: String {
        switch self {
        case .missing(let name): "the state has no '\(name)': it belongs to another run"
        case .damaged(let path, let reason): "'\(path)' is damaged: \(reason)"
        case .newer(let path, let version):
            "'\(path)' was written by a newer ltxsh (version \(version) of training states); use that one, or newer"
        case .none(let path, let hasCheckpoints):
            "'\(path)' holds no training state to go on from"
                + (hasCheckpoints
                    ? "; model.load_checkpoint = \"\(path)\" starts a new run from its newest checkpoint"
                    : "; name the output folder of a run")
        }
    }
}
