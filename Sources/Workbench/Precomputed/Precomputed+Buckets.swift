import Base
import LTXVideo

extension Precomputed {
    /// Clips that can be in one batch: of one size and length, with as many text tokens each.
    struct Bucket: Hashable {
        let grid: LatentGrid
        let textTokens: Int
    }
    /// The buckets of a folder, and to which of them each clip belongs.
    struct Buckets: Sendable {
        /// What messages call them, by their number: `"768x448x89"`.
        let names: [String]
        /// The number of each clip's, in the order of the clips. Numbers count in the order in which they come up.
        let places: [Int]

        init(_ buckets: [Bucket]) {
            var numbers: [Bucket: Int] = [:], all: [Bucket] = []
            places = buckets.map { bucket in
                if let known = numbers[bucket] { return known }
                all.append(bucket)
                numbers[bucket] = all.count - 1
                return all.count - 1
            }
            let hasTexts = Set(all.map(\.textTokens)).count > 1
            names = all.map { $0.grid.videoSize + (hasTexts ? " with \($0.textTokens) text tokens" : "") }
        }

        /// What a batch and an update are where there are several; nil for one.
        ///
        /// - Parameter clips: names of the clips, in their order.
        func note(_ clips: [String], batch: Int, accumulation: Int) -> String? {
            guard names.count > 1 else { return nil }
            let groups = Dictionary(grouping: clips.indices) { places[$0] }.mapValues { $0.map { clips[$0] } }
            let listed = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { bucket, members in
                "\(members.count) of \(names[bucket])" + (members.count <= 3 ? " (\(members.nameList))" : "")
            }
            var text = "the clips have \(names.count) sizes: \(listed.joined(separator: ", "))"
            if batch > 1 {
                text +=
                    "; a batch is \(batch) clips of one size, and what an epoch leaves over of a size waits for the next"
            }
            if accumulation > 1 {
                text += "; each of the \(accumulation) batches of an update counts the same, whatever its size"
            }
            return text
        }
    }
}

extension LatentGrid {
    /// What it is decoded to, as sizes are written: `"768x448x89"`.
    var videoSize: String { "\(width * 32)x\(height * 32)x\(frames * 8 - 7)" }
}
