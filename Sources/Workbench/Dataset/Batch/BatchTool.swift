/// A tool that makes files of a dataset's clips.
enum BatchTool: String, Sendable {
    case resize, references, frames

    /// Where the tool keeps its records, in the folder of its results.
    var recordFolder: String { "." + rawValue }
    /// What it is doing, for the progress line.
    var stage: String {
        switch self {
        case .resize: "resizing"
        case .references: "making references"
        case .frames: "extracting"
        }
    }
}
