import Base
import Configuration
import LTXVideo
import NN
import Torch

/// Reckons what configurations take on one model and data, and looks for those that fit. For one thread.
final class Planner {
    let sizes: TransformerConfiguration
    /// The largest batch.
    let batch: BatchShape
    /// How many ranks train together.
    let ranks: Int
    /// Bytes of the text encoder, in 8 bits or not; nil when its files are not there.
    private let textEncoder: (_ in8bit: Bool) -> Int?
    private var known: [String: TrainingFootprint] = [:]

    init(
        _ sizes: TransformerConfiguration, _ batch: BatchShape, ranks: Int = 1,
        textEncoder: @escaping (_ in8bit: Bool) -> Int?
    ) {
        (self.sizes, self.batch, self.ranks, self.textEncoder) = (sizes, batch, ranks, textEncoder)
    }

    /// What it takes; another batch than the largest when one is given.
    func footprint(_ configuration: TrainingConfiguration, _ other: BatchShape? = nil) throws -> TrainingFootprint {
        let batch = other ?? batch, key = "\(batch.size) \(configuration.text)"
        if let found = known[key] { return found }
        let made = try TrainingFootprint(configuration, sizes, batch, ranks: ranks)
        known[key] = made
        return made
    }
    /// The most when prompts are encoded while a run lies still; nil when none are.
    func validation(_ configuration: TrainingConfiguration, _ footprint: TrainingFootprint) -> Int? {
        let validation = configuration.validation
        guard validation.interval != nil, !validation.prompts.isEmpty else { return nil }
        return textEncoder(configuration.acceleration.loadTextEncoderIn8bit).map { footprint.resident + $0 }
    }

    // MARK: auto

    /// The configuration with numbers for `auto`: first blocks are recomputed, as many as it takes, and when all are and it still does
    /// not fit, they are offloaded. Without a limit, none.
    func resolved(_ configuration: TrainingConfiguration, in room: Int?) throws -> TrainingConfiguration {
        var fixed = configuration
        // Two places for the same weights.
        if ranks > 1, fixed.acceleration.shardAcrossRanks { fixed.acceleration.blocksToOffload = 0 }
        let recomputes = fixed.optimization.enableGradientCheckpointing == .auto
        let offloads = fixed.acceleration.blocksToOffload == .auto
        guard recomputes || offloads else { return fixed }
        if recomputes { fixed.optimization.enableGradientCheckpointing = .off }
        if offloads { fixed.acceleration.blocksToOffload = 0 }
        guard let room else { return fixed }
        if recomputes, var found = try recomputing(fixed, in: room) {
            if found.optimization.enableGradientCheckpointing == .off, found.acceleration.blocksToOffload == 0 {
                found.acceleration.offloadActivations = false
            }
            return found
        }
        if recomputes { fixed.optimization.enableGradientCheckpointing = .on }
        if offloads { fixed.acceleration.blocksToOffload = .count(try offloaded(fixed, in: room) ?? sizes.layers) }
        return fixed
    }

    // MARK: Fitting

    /// The same with the fewest recomputed blocks that make it fit; nil when none do.
    func recomputing(
        _ configuration: TrainingConfiguration, in room: Int, _ other: BatchShape? = nil
    ) throws -> TrainingConfiguration? {
        func with(_ count: Int) -> TrainingConfiguration {
            var changed = configuration
            changed.optimization.enableGradientCheckpointing =
                count == 0 ? .off : count >= sizes.layers ? .on : .blocks(count)
            return changed
        }
        if configuration.optimization.enableGradientCheckpointing == .off,
            try footprint(configuration, other).total <= room
        {
            return configuration
        }
        guard try footprint(with(sizes.layers), other).total <= room else { return nil }
        var low = 0, high = sizes.layers  // `high` fits, `low` does not
        if case .blocks(let count) = configuration.optimization.enableGradientCheckpointing { low = count - 1 }
        if case .on = configuration.optimization.enableGradientCheckpointing { low = high - 1 }
        while high - low > 1 {
            let middle = (low + high) / 2
            if try footprint(with(middle), other).total <= room { high = middle } else { low = middle }
        }
        return with(high)
    }
    /// The fewest offloaded blocks that make it fit; nil when no number does.
    func offloaded(_ configuration: TrainingConfiguration, in room: Int) throws -> Int? {
        func total(_ count: Int) throws -> Int {
            var changed = configuration
            changed.acceleration.blocksToOffload = .count(count)
            return try footprint(changed).total
        }
        if try total(0) <= room { return 0 }
        guard try total(sizes.layers) <= room else { return nil }
        var low = 0, high = sizes.layers
        while high - low > 1 {
            let middle = (low + high) / 2
            if try total(middle) <= room { high = middle } else { low = middle }
        }
        return high
    }

    /// What would fit: several ranks that share what each has whole; fewer bits, or smaller optimizer states, blocks recomputed as far as needed, and what those
    /// keep in host memory where that is not enough; then the same with blocks in host memory; then smaller clips. Three at most.
    func choices(
        _ configuration: TrainingConfiguration, in room: Int
    ) throws -> [(configuration: TrainingConfiguration, batch: BatchShape)] {
        let variants = Self.variants(configuration)
        var found: [TrainingConfiguration] = []
        // It changes no number.
        if let shared = shared(configuration), let fitting = try recomputing(shared, in: room) { found.append(fitting) }
        for variant in variants where found.count < 3 {
            if let fitting = try recomputing(variant, in: room) {
                found.append(fitting)
                continue
            }
            var changed = variant
            changed.optimization.enableGradientCheckpointing = .on
            changed.acceleration.offloadActivations = true
            if try footprint(changed).total <= room { found.append(changed) }
        }
        for variant in variants where found.count < 3 && variant.model.trainingMode == .lora {
            var changed = variant
            changed.acceleration.shardAcrossRanks = false
            changed.optimization.enableGradientCheckpointing = .on
            guard let count = try offloaded(changed, in: room), count > 0 else { continue }
            changed.acceleration.blocksToOffload = .count(count)
            found.append(changed)
        }
        if found.isEmpty {
            for smaller in batch.smaller {
                for variant in variants {
                    guard let fitting = try recomputing(variant, in: room, smaller) else { continue }
                    return [(try encoding(fitting, smaller, in: room), smaller)]
                }
            }
        }
        return try found.map { (try encoding($0, batch, in: room), batch) }
    }

    /// The same with what several ranks can share in parts on each; nil where they do already, or cannot.
    private func shared(_ configuration: TrainingConfiguration) -> TrainingConfiguration? {
        guard ranks > 1, !configuration.acceleration.shardAcrossRanks else { return nil }
        var changed = configuration
        changed.acceleration.shardAcrossRanks = true
        changed.acceleration.blocksToOffload = 0
        return (try? changed.check()) == nil ? nil : changed
    }
    /// The same with a text encoder that fits beside it, or without videos in between.
    private func encoding(
        _ configuration: TrainingConfiguration, _ batch: BatchShape, in room: Int
    ) throws -> TrainingConfiguration {
        let footprint = try footprint(configuration, batch)
        guard let needed = validation(configuration, footprint), needed > room else { return configuration }
        var changed = configuration
        changed.acceleration.loadTextEncoderIn8bit = true
        if let needed = validation(changed, footprint), needed > room { changed.validation.interval = nil }
        return changed
    }

    /// What saves memory without other clips, the least first; the configuration itself among it.
    private static func variants(_ configuration: TrainingConfiguration) -> [TrainingConfiguration] {
        var variants = [configuration]
        if configuration.model.trainingMode == .lora {
            let now = configuration.acceleration.quantization?.format?.bits ?? 16
            for format in [Quantization.int8, .int4] where (format.format?.bits ?? 16) < now {
                var changed = configuration
                changed.acceleration.quantization = format
                variants.append(changed)
            }
        }
        for type in [OptimizerType.adamw8bit, .adafactor]
        where configuration.model.trainingMode == .full && configuration.optimization.optimizerType == .adamw {
            var changed = configuration
            changed.optimization.optimizerType = type
            if type == .adafactor {
                changed.optimization.optimizerParams = changed.optimization.optimizerParams.filter { name, _ in
                    type.parameters.contains { $0.name == name }
                }
            }
            variants.append(changed)
        }
        return variants
    }
}

extension BatchShape {
    /// Shorter ones, then smaller ones, each about half of the one before.
    fileprivate var smaller: [BatchShape] {
        var shapes: [BatchShape] = [], shape = self
        while shape.grid.frames > 4 || min(shape.grid.width, shape.grid.height) > 8 {
            if shape.grid.frames > 4 {
                shape.grid.frames = max(4, (shape.grid.frames + 1) / 2)
            } else {
                shape.grid.width = max(8, shape.grid.width * 3 / 4)
                shape.grid.height = max(8, shape.grid.height * 3 / 4)
            }
            shapes.append(shape)
        }
        return shapes
    }
}
