import Foundations

extension Precomputed {
    /// What is in the folder.
    public struct Statistics: Sendable, Equatable {
        /// Clips with latents and a caption embedding.
        public let count: Int
        /// Tokens of all clips together.
        public let tokens: Int
        /// Pixel sizes such as `"768x448x89"`, the most frequent first.
        public let sizes: [(size: String, count: Int)]
        /// Frames a second such as `"24.0"`, the most frequent first.
        public let rates: [(rate: String, count: Int)]

        /// All four agree, the order of sizes and rates included.
        public static func == (a: Self, b: Self) -> Bool {
            a.count == b.count && a.tokens == b.tokens && a.sizes.elementsEqual(b.sizes, by: ==)
                && a.rates.elementsEqual(b.rates, by: ==)
        }
    }

    /// Reads every latents file. Throws for one that cannot be read.
    public var statistics: Statistics {
        get throws {
            let files = try items.map { try LatentFile($0.latents) }
            func counted(_ names: [String]) -> [(String, Int)] {
                Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
                    .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
            }
            return Statistics(
                count: files.count, tokens: files.reduce(0) { $0 + $1.grid.tokens },
                sizes: counted(files.map { "\($0.grid.width * 32)x\($0.grid.height * 32)x\($0.grid.frames * 8 - 7)" })
                    .map { (size: $0.0, count: $0.1) },
                rates: counted(files.map { "\($0.fps)" }).map { (rate: $0.0, count: $0.1) })
        }
    }

    /// One sentence for everything that is wrong: latents without a caption embedding,
    /// files that cannot be read or do not fit together.
    public func problems() -> [String] {
        orphans.map { "'\($0)' has latents but no caption embedding" }
            + items.compactMap { item in
                do {
                    _ = try sample(item)
                    return nil
                } catch { return "\(error)" }
            }
    }
}
