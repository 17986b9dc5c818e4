/// Where each token stands in time, down and across. Text stands on the diagonal.
public struct VisualPositions: Sendable, Equatable {
    /// Time, row, column; one number a token.
    public private(set) var axes: [[Int]] = [[], [], []]
    /// The position after the last.
    public private(set) var next = 0

    /// No token yet.
    public init() {}

    /// Text of so many tokens.
    public mutating func addText(_ count: Int) {
        for axis in 0..<3 { axes[axis] += next..<(next + count) }
        next += count
    }
    /// An image or video of merged patches. `times`: the time of each frame, in positions.
    ///
    /// What follows begins behind the largest position on any axis, as the model was trained.
    public mutating func add(times: [Int], height: Int, width: Int) {
        let start = next
        for time in times {
            for row in 0..<height {
                for column in 0..<width {
                    axes[0].append(start + time)
                    axes[1].append(start + row)
                    axes[2].append(start + column)
                }
            }
        }
        next = start + max(times.last ?? 0, height - 1, width - 1) + 1
    }
    /// One text token at the end, alone.
    public mutating func advance() -> VisualPositions {
        var one = VisualPositions()
        one.axes = [[next], [next], [next]]
        next += 1
        return one
    }
}
