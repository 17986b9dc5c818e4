import Base

/// Keys and shapes of a full-size model, made by the reference's own classes (Tests/Fixtures/make_shape_lists.py).
public enum ShapeList {
    /// A shape a key; "block.0-23.weight 4 4" stands for 24 keys.
    public static func read(_ path: String) throws -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for line in try Files.text(path).split(separator: "\n") {
            let words = line.split(separator: " "), shape = words.dropFirst().compactMap { Int($0) }
            for key in expanded(words[0].split(separator: ".").map(String.init)[...]) { shapes[key] = shape }
        }
        return shapes
    }
    private static func expanded(_ parts: ArraySlice<String>) -> [String] {
        guard let first = parts.first else { return [""] }
        let ends = first.split(separator: "-").compactMap { Int($0) }
        let heads = ends.count == 2 ? (ends[0]...ends[1]).map(String.init) : [first]
        let tails = expanded(parts.dropFirst())
        return heads.flatMap { head in tails.map { $0.isEmpty ? head : "\(head).\($0)" } }
    }
}
