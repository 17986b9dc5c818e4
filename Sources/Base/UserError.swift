/// An error that a person can act on: a sentence with the value, its place and the way out.
///
/// Every module has one enum of these. `Shell` turns them into Lua errors, so `kind` is part of the Lua contract.
public protocol UserError: Error, CustomStringConvertible, Sendable {
    /// A stable name such as `"media.unreadable"`, for scripts that test it.
    var kind: String { get }
    /// The file the error is about, where there is one.
    var path: String? { get }
    /// The option, config key or tensor the error is about, where there is one.
    var key: String? { get }
}

extension UserError {
    /// No file.
    public var path: String? { nil }
    /// No option, key or tensor.
    public var key: String? { nil }
}

/// Work that was asked to stop and did: a state, not a mistake. Everything done so far is kept.
public struct Cancelled: UserError {
    /// What was stopped and what is kept, as one sentence.
    public let description: String
    /// See `UserError`.
    public var kind: String { "cancelled" }

    /// The sentence says what was stopped and what is kept.
    public init(_ description: String = "stopped; everything done so far is kept") { self.description = description }
}
