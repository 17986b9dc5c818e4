/// The one way in which sizes are written: `"768x448"`, and with frames `"768x448x89"`.
public enum SizeText {
    /// The two or three whole numbers of a size, of any sign; `nil` for any other text.
    public static func numbers(_ text: String) -> [Int]? {
        let parts = text.lowercased().filter { $0 != " " }.split(separator: "x", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        return (2...3).contains(parts.count) && numbers.count == parts.count ? numbers : nil
    }
}
