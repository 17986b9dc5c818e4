import Base
import Torch

extension Exporter {
    /// What a lower rank has kept.
    public struct Resized: Sendable {
        /// The file.
        public let path: String
        /// The ranks that occur in it, ascending.
        public let ranks: [Int]
        /// How much of the norm is left: of all modules together, and of the one that lost most.
        public let kept: Double, worst: Double

        /// One line.
        public var summary: String {
            func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
            let rank = ranks.count == 1 ? "rank \(ranks[0])" : "ranks \(ranks.first ?? 0) to \(ranks.last ?? 0)"
            return "\(rank) keeps \(percent(kept)) of what the LoRA changes, at worst \(percent(worst)) of a module"
        }
    }

    /// A LoRA of lower rank: of each module the nearest that there is, by its singular values.
    ///
    /// - Parameters:
    ///   - rank: for every module; nil where `keep` says.
    ///   - keep: the share of each module's norm that is kept, above 0 and at most 1; its rank is then the lowest that does.
    ///   - destination: a file or folder; nil for `NAME_rN.safetensors` beside the source.
    /// Throws `LoRAFileError`, `ExporterError`, and `Cancelled`.
    public static func resize(
        _ source: String, rank: Int? = nil, keep: Double? = nil, to destination: String? = nil,
        monitor: Monitor = Monitor()
    ) throws -> Resized {
        guard (rank == nil) != (keep == nil) else {
            throw ExporterError.option(
                "rank", "or 'keep' must be given, and not both: a rank for all, or a share of the norm (0.95)")
        }
        let file = try plain(source, "resized")
        try file.requireFinite()
        let suffix = rank.map { "_r\($0)" } ?? "_small"
        let format = file.format == .peft ? LoRAFormat.diffusers : file.format
        let output = try LoRAOutput(for: file.path, destination, format, suffix: suffix)
        var adapters: [LoRAFile.Adapter] = [], before = 0.0, after = 0.0, worst = 1.0
        for (index, adapter) in file.adapters.enumerated() {
            try monitor.checkpoint()
            monitor.report(
                Progress("resizing", index, of: file.adapters.count, "modules", [("module", adapter.module)]))
            let factors = try LoRAFactors(adapter),
                count = min(keep.map(factors.rank) ?? rank ?? 1, factors.values.count)
            adapters.append(try factors.cut(to: count))
            let share = factors.share(count), norm = factors.norm
            (before, after) = (before + norm * norm, after + norm * norm * share * share)
            worst = min(worst, share)
        }
        monitor.report(Progress("resizing", adapters.count, of: adapters.count, "modules"))
        try output.write(adapters, metadata: file.metadata)
        let kept = before > 0 ? (after / before).squareRoot() : 1
        return Resized(path: output.path, ranks: Set(adapters.map(\.rank)).sorted(), kept: kept, worst: worst)
    }

    /// The sum of several LoRAs as one: exactly, with the ranks of all, or by its singular values with one rank.
    ///
    /// - Parameters:
    ///   - weights: how strong each is in it; nil for 1 each.
    ///   - isAverage: the weights are shares of a whole, whatever their sum.
    ///   - rank: of the result; nil for what it takes.
    ///   - output: a `.safetensors` file; it has the spelling of the first.
    /// Throws `LoRAFileError`, `ExporterError`, and `Cancelled`.
    public static func add(
        _ sources: [String], weights: [Double]? = nil, isAverage: Bool = false, rank: Int? = nil, to output: String,
        monitor: Monitor = Monitor()
    ) throws -> String {
        guard sources.count > 1 else { throw ExporterError.option("loras", "must name two LoRAs at least") }
        var weights = weights ?? sources.map { _ in 1 }
        guard weights.count == sources.count else {
            throw ExporterError.option(
                "weights", "must have one number for each of the \(sources.count) LoRAs, got \(weights.count)")
        }
        if isAverage {
            let sum = weights.reduce(0, +)
            guard sum != 0 else { throw ExporterError.option("weights", "must not add up to 0") }
            weights = weights.map { $0 / sum }
        }
        let files = try sources.map { try plain($0, "added") }
        for file in files { try file.requireFinite() }
        guard let first = files.first else { return output }
        let format = first.format == .peft ? LoRAFormat.diffusers : first.format
        let place = try LoRAOutput(for: first.path, output, format)
        if let other = files.dropFirst().first(where: { Path.absolute($0.path) == Path.absolute(place.path) }) {
            throw ExporterError.sameFile(path: other.path)
        }
        let modules = Set(files.flatMap { $0.adapters.map(\.module) }).sorted()
        let adapters = try modules.enumerated().map { index, module in
            try monitor.checkpoint()
            monitor.report(Progress("adding", index, of: modules.count, "modules"))
            let parts = zip(files, weights).compactMap { file, weight in
                file.adapters.first { $0.module == module }.map { (adapter: $0, weight: weight) }
            }
            let sum = try joined(parts, module)
            return try rank.map { try LoRAFactors(sum).cut(to: $0) } ?? sum
        }
        // What one of them says of itself is not true of the sum.
        try place.write(adapters, metadata: [:])
        return place.path
    }

    /// A's below and B's beside one another, so that the product is the sum of the products.
    private static func joined(
        _ parts: [(adapter: LoRAFile.Adapter, weight: Double)], _ module: String
    ) throws -> LoRAFile.Adapter {
        let shapes = Set(parts.map { [$0.adapter.b.size(0), $0.adapter.a.size(1)] })
        guard shapes.count == 1 else {
            throw ExporterError.option(
                "loras",
                "are of models of different sizes: '\(module)' is \(shapes.map { "\($0)" }.sorted().joined(separator: " and "))"
            )
        }
        let types = Set(parts.flatMap { [$0.adapter.a.dtype, $0.adapter.b.dtype] })
        let dtype = types.count == 1 ? types.first ?? .float32 : .float32
        let bs = try parts.map { part in
            let factor = part.weight * part.adapter.strength
            return try factor == 1 ? part.adapter.b.to(dtype) : (part.adapter.b.to(.float32) * factor).to(dtype)
        }
        return LoRAFile.Adapter(
            module: module, a: try concatenated(parts.map { try $0.adapter.a.to(dtype) }, axis: 0),
            b: try concatenated(bs, axis: 1), alpha: nil)
    }
}
