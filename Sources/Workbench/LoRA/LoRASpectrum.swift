import Base
import Foundation

/// What a LoRA has learnt, by module and by block: how much it changes, and in how many directions.
public struct LoRASpectrum: Sendable {
    /// One module.
    public struct Module: Sendable {
        /// Its path as diffusers names it.
        public let name: String
        /// The rank that it has, and how many directions have 90 % of the norm.
        public let rank: Int, used: Int
        /// The Frobenius norm of B · A · alpha / rank.
        public let norm: Double
        /// Its singular values, descending.
        public let values: [Double]

        /// The block that it is in; nil for one outside of the blocks.
        var block: Int? {
            let parts = name.split(separator: ".")
            return parts.first == "transformer_blocks" && parts.count > 1 ? Int(parts[1]) : nil
        }
        var part: String {
            block == nil ? name : name.split(separator: ".").dropFirst(2).joined(separator: ".")
        }
    }
    /// In the order of the blocks.
    public let modules: [Module]

    /// Of a file, or of the last checkpoint of a folder. Throws `LoRAFileError`, and `Cancelled`.
    public init(_ source: String, monitor: Monitor = Monitor()) throws {
        let file = try LoRAFile(source)
        try file.requireFinite()
        modules = try file.adapters.enumerated().map { index, adapter in
            try monitor.checkpoint()
            monitor.report(Progress("decomposing", index, of: file.adapters.count, "modules"))
            let factors = try LoRAFactors(adapter)
            return Module(
                name: adapter.module, rank: adapter.rank, used: factors.norm > 0 ? factors.rank(for: 0.9) : 0,
                norm: factors.norm,
                values: factors.values)
        }.sorted { ($0.block ?? -1, $0.part) < ($1.block ?? -1, $1.part) }
    }

    /// One block, or all that lies outside of them.
    public struct Block: Sendable {
        /// Its number; nil for what is outside of them.
        public let number: Int?
        /// The norm of all its changes together.
        public let norm: Double
        /// The most directions that one of its modules uses, and the rank that it has for them.
        public let used: Int, rank: Int
        /// The modules that change most, the largest first.
        public let largest: [(name: String, norm: Double)]
    }
    /// Every block that has adapters.
    public var blocks: [Block] {
        Dictionary(grouping: modules, by: \.block).sorted { ($0.key ?? -1) < ($1.key ?? -1) }.map { number, modules in
            let top = modules.sorted { ($1.norm, $0.part) < ($0.norm, $1.part) }.prefix(3).map {
                (name: $0.part, norm: $0.norm)
            }
            return Block(
                number: number, norm: modules.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot(),
                used: modules.map(\.used).max() ?? 0,
                rank: modules.map(\.rank).max() ?? 0, largest: top)
        }
    }
}

extension LoRASpectrum: CustomStringConvertible {
    /// A line a block: norm, a bar of it, the directions that have 90 % of it, the modules that change most.
    public var description: String {
        let blocks = blocks, most = blocks.map(\.norm).max() ?? 0
        let rows = blocks.map { block -> [String] in
            let eighths = most > 0 ? Int((block.norm / most * 20).rounded()) : 0
            return [
                block.number.map(String.init) ?? "others", String(format: "%.4g", block.norm),
                String(repeating: "#", count: eighths),
                "\(block.used)/\(block.rank)",
                block.largest.map { String(format: "\($0.name) %.3g", $0.norm) }.joined(separator: ", "),
            ]
        }
        let all = [["block", "norm", "", "90 % in", "most changed"]] + rows
        let widths = (0..<4).map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, text in
                column < 4 ? text + String(repeating: " ", count: widths[column] - text.count) : text
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
