extension String {
    /// The same characters written with the same code points. `==` also takes two spellings of one text for the same
    /// (`é` as one code point and as two), which file names and captions on the disk are not.
    public func isIdentical(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension String? {
    /// Both absent, or both the same code points.
    public func isIdentical(to other: String?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.isIdentical(to: other)
    }
}

/// A text as a key of a dictionary in which two spellings of it are two keys.
public struct ExactText: Hashable, Sendable {
    /// As it was given.
    public let text: String

    /// Nothing about it is changed.
    public init(_ text: String) { self.text = text }
    /// See `isIdentical`.
    public static func == (a: Self, b: Self) -> Bool { a.text.isIdentical(to: b.text) }
    /// Of its code points, which equal keys share.
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
