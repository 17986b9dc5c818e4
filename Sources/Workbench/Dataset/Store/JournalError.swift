import Base

/// An edit that could not be put on the disk. The edit has not been made.
public struct JournalError: UserError {
    /// The journal.
    public let path: String?
    /// How much was to be written.
    public let bytes: Int
    let cause: any Error

    init(path: String, bytes: Int, cause: any Error) { (self.path, self.bytes, self.cause) = (path, bytes, cause) }

    /// That of the cause, such as `"file.full"`.
    public var kind: String { (cause as? any UserError)?.kind ?? "file.system" }
    /// One sentence with the bytes and the cause.
    public var description: String { "the edit was not kept (\(bytes) bytes): \(cause)" }
}
