/// Arithmetic on the lengths of axes that come out of files, where a product may be anything.
public enum Shape {
    /// How many elements there are, times `size` (the bytes of one); `nil` when a length is negative or an `Int` cannot
    /// count them. One length of 0 makes none, whatever the others are.
    public static func elementCount(_ lengths: some Collection<Int>, size: Int = 1) -> Int? {
        if lengths.contains(where: { $0 < 0 }) { return nil }
        if lengths.contains(0) { return 0 }
        var count = size
        for length in lengths {
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            if overflow { return nil }
            count = product
        }
        return count
    }
}
