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
