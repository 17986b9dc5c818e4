/// Patches of an image or a video: in time, down and across.
public struct VisualGrid: Sendable, Hashable {
    public let frames: Int, height: Int, width: Int
    /// Frames are pairs of pictures; 1 for an image.
    public init(frames: Int, height: Int, width: Int) {
        (self.frames, self.height, self.width) = (frames, height, width)
    }
    /// Patches in all.
    public var count: Int { frames * height * width }
    /// Tokens, when `merge` patches a side become one.
    public func tokens(_ merge: Int) -> Int { count / (merge * merge) }
    /// Where the patches of one frame lie, in their order: those that become one token together.
    func places(_ merge: Int) -> [(row: Int, column: Int)] {
        var places: [(row: Int, column: Int)] = []
        for row in stride(from: 0, to: height, by: merge) {
            for column in stride(from: 0, to: width, by: merge) {
                for y in 0..<merge { for x in 0..<merge { places.append((row + y, column + x)) } }
            }
        }
        return places
    }
}
