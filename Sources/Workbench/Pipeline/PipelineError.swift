import Base

/// A pipeline that cannot be gone through as it was asked for.
public enum PipelineError: UserError {
    /// An option that a wanted step needs.
    case missing(String)
    /// Clips without a caption, and nobody to describe them.
    case uncaptioned(String, Int)
    /// Nothing to do a step with, where the step before was not wanted.
    case nothing(Pipeline.Step, String)
    /// Bytes that the steps would write, and those that are free.
    case disk(String, needed: Int, free: Int)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .missing: "pipeline.option"
        case .uncaptioned: "pipeline.captions"
        case .nothing: "pipeline.nothing"
        case .disk: "pipeline.disk"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .missing: nil
        case .uncaptioned(let path, _), .nothing(_, let path), .disk(let path, _, _): path
        }
    }
    /// See `UserError`.
    public var key: String? { if case .missing(let name) = self { name } else { nil } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .missing("size"):
            "'size' is missing: what clips are brought to, such as size = \"768x448x89\"; preprocess = false leaves that out"
        case .missing("template"):
            "'template' is missing: a configuration, or its name in configs/, such as \"ltxv_2b_lora_template\"; train = false "
                + "leaves training out"
        case .missing(let name):
            "'\(name)' is missing: without a template it is to be said, as in \(name) = \"models/…\""
        case .uncaptioned(let path, let count):
            "\(counted(count, "clip")) in '\(path)' \(count == 1 ? "has" : "have") no caption: write \(count == 1 ? "it" : "them") "
                + "(ds:edit()), let captioner = … do it, or take the trigger alone (uncaptioned = true); then call again"
        case .nothing(let step, let path):
            "there is nothing to \(step.rawValue): no run of this project and these settings is in '\(path)'"
        case .disk(let path, let needed, let free):
            "the disk of '\(path)' has \(ByteCount(free)) free, and the steps would write about \(ByteCount(needed)): make room, "
                + "or keep fewer checkpoints (checkpoints.keep_last_n)"
        }
    }
}
