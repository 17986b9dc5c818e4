import Base

/// A training that cannot be run as asked, or that could not go on.
public enum TrainerError: UserError {
    case unsupported(String, String, String)
    /// Updates one after the other whose gradients were not finite.
    case notFinite(first: Int, last: Int, clips: [String], parameter: String?)
    /// Weights that are not finite after an update.
    case brokenWeights(step: Int, parameter: String)
    /// What libtorch said, and what would fit.
    case outOfMemory(String, advice: String)
    case notRunning(String, state: String)
    /// A run that would wait for one that is paused.
    case behindPaused(String)
    /// A folder whose run lives.
    case alive(String, by: String)
    /// Keys that a run cannot change when it is taken up again: what it has, and what was asked for.
    case fixed(String, [(key: String, has: String, wanted: String)])
    /// Clips that are not the ones that a run was trained on.
    case otherData(String, String, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .unsupported: "not_supported"
        case .notFinite, .brokenWeights: "train.not_finite"
        case .outOfMemory: "oom"
        case .notRunning: "run.ended"
        case .behindPaused: "run.paused"
        case .alive: "run.alive"
        case .fixed: "run.fixed"
        case .otherData: "run.other_data"
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .unsupported(let key, _, _): key
        case .brokenWeights(_, let parameter): parameter
        case .fixed(_, let keys): keys.first?.key
        case .otherData: "data.preprocessed_data_root"
        case .notFinite, .outOfMemory, .notRunning, .behindPaused, .alive: nil
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .alive(let path, _), .fixed(let path, _), .otherData(let path, _, _): path
        case .unsupported, .notFinite, .brokenWeights, .outOfMemory, .notRunning, .behindPaused: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unsupported(let key, let value, let advice): "\(key) = \(value) is not supported yet: \(advice)"
        case .notFinite(let first, let last, let clips, let parameter):
            "the gradients of the steps \(first) to \(last) were not finite"
                + (parameter.map { " (first of '\($0)')" } ?? "")
                + ", so none of them changed the weights; their clips: \(clips.nameList). "
                + "What was trained until then is kept. Lower optimization.learning_rate, or look at those clips"
        case .brokenWeights(let step, let parameter):
            "step \(step) made weights that are not finite ('\(parameter)'): they are not saved, and what was saved before is kept; "
                + "lower optimization.learning_rate"
        case .outOfMemory(let message, let advice):
            "\(message); what was trained until then is kept. \(advice.prefix(1).uppercased())\(advice.dropFirst())"
        case .behindPaused(let name):
            "\(name) is paused and has the model: run:resume() or run:stop() it first, or queue this one with tr:start(cfg)"
        case .notRunning(let name, let state): "\(name) has \(state)"
        case .alive(let path, let holder):
            "the run in '\(path)' goes on, in \(holder); wait for it, or stop it there"
        case .fixed(let path, let keys):
            "the run in '\(path)' cannot go on with "
                + keys.map { "\($0.key) = \($0.wanted) (it has \($0.has))" }.joined(separator: ", ")
                + "; leave \(keys.count == 1 ? "it" : "them") as \(keys.count == 1 ? "it is" : "they are"), or start a new run, "
                + "with model.load_checkpoint = \"\(path)\" from its weights"
        case .otherData(let path, let data, let difference):
            "the run in '\(path)' was trained on other clips than '\(data)' holds: \(difference); bring them back, or start a "
                + "new run, with model.load_checkpoint = \"\(path)\" from its weights"
        }
    }
}
