/// Something that `fix` does, or would do.
public struct DatasetRepair: Sendable, Equatable, CustomStringConvertible {
    /// The kinds of repair, each of which is asked for by its name.
    public enum Kind: String, Sendable, CaseIterable {
        /// Captions without a clip are set aside.
        case orphans
        /// Unsafe file names are changed, on the disk and in the metadata together.
        case names
        /// Of clips that are listed twice the last is kept.
        case duplicates
    }
    /// What kind it is.
    public let kind: Kind
    /// The clip's or file's name.
    public let name: String
    /// What is done, as a clause: `"renamed to 'boat.mp4'"`.
    public let action: String
    /// It has been done; false when it was only listed.
    public var isDone: Bool

    /// `"boat|1.mp4: rename to 'boat_1.mp4'"`.
    public var description: String { "\(name): \(action)" }
}
