/// Where each token stands in time, down and across. Text stands on the diagonal.
public struct VisualPositions: Sendable, Equatable {
    /// Where text goes on behind a picture.
    public enum Following: Sendable {
        /// Behind the largest position on any axis: as the models were trained, and transformers 4 has it.
        case everything
        /// Behind the longer side, however long a video takes: transformers 5.
        case sides
    }
    /// Time, row, column; one number a token.
    public private(set) var axes: [[Int]] = [[], [], []]
    /// The position of the next text token.
    public private(set) var next = 0
    private var largest = -1
    private let following: Following

    /// No token yet.
    public init(_ following: Following = .everything) { self.following = following }
    /// Text alone, of so many tokens.
    public init(text count: Int) {
        self.init()
        addText(count)
    }
    /// Tokens so far.
    public var count: Int { axes[0].count }

    /// Text of so many tokens.
    public mutating func addText(_ count: Int) {
        for axis in 0..<3 { axes[axis] += next..<(next + count) }
        next += count
        largest = max(largest, next - 1)
    }
    /// An image or video of merged patches. `times`: the time of each frame, in positions.
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
        largest = max(largest, start + max(times.last ?? 0, height - 1, width - 1))
        switch following {
        case .everything: next = largest + 1
        case .sides: next = start + max(height, width)
        }
    }
    /// One text token at the end, alone: it is behind everything in any case.
    public mutating func advance() -> VisualPositions {
        var one = VisualPositions()
        next = largest + 1
        one.axes = [[next], [next], [next]]
        (largest, next) = (next, next + 1)
        return one
    }
}
