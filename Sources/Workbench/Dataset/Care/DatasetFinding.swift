/// One thing that `check()` found.
public struct DatasetFinding: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a stable word.
    public enum Kind: String, Sendable, CaseIterable {
        /// A caption whose media file is not there.
        case missing
        /// A text file beside the clips that belongs to none of them.
        case orphan
        /// A media file that cannot be read, or not to its end.
        case unreadable
        /// A video of which parts do not decode: frames are missing there, or show what is not in the clip.
        case damaged
        /// Fewer frames than the training asks for.
        case short
        /// A clip without a caption.
        case uncaptioned
        /// A caption of more tokens than the text encoder reads, told where a tokenizer is known.
        case long
        /// Listed twice, or two files whose latents would have the same name.
        case duplicate
        /// Characters that shells, other systems or metadata formats trip over.
        case name
        /// A path that leaves the dataset's folder.
        case outside
        /// A reference that is not there.
        case reference
        /// Readable, but perhaps not what was meant: varying frame rate, guessed rate, interlaced, videos and images.
        case notice
    }
    /// The kind of problem.
    public let kind: Kind
    /// The clip's place, counted from 1; `nil` for a file that is no clip.
    public let number: Int?
    /// The clip's or file's name.
    public let name: String
    /// A sentence without the name.
    public let message: String

    /// `"boat.mp4: no caption"`.
    public var description: String { "\(name): \(message)" }
}
