import Base
import Configuration
import NN
import Torch

/// What a run does where several ranks share it.
extension TrainingLoop {
    /// Whether there is another update. Rank 0 says so for all, together with what the run goes by where that was changed; its own wish
    /// to stop is the run's.
    mutating func goesOn() throws -> Bool {
        let wish = step < settings.optimization.steps && !run.job.shouldStop
        guard ranks.count > 1 else { return wish }
        var orders = RankMessage(wish ? 1 : 0)
        if ranks.isFirst, settings != agreed { orders = RankMessage(wish ? 1 : 0, settings.text) }
        orders = try ranks.isFirst ? ranks.share(orders) : hear()
        if !orders.bytes.isEmpty {
            if !ranks.isFirst { change(to: try TrainingConfiguration(YAML(parsing: orders.text))) }
            agreed = settings
        }
        return orders.number == 1
    }

    /// On rank 0 `body`, for which it walks a model of which every rank has a part; the others lend theirs when they next `hear` of it.
    func leading<R>(_ body: () throws -> R) throws -> R {
        guard ranks.count > 1, let shards = transformer.shards else { return try body() }
        _ = try ranks.share(RankMessage(RankMessage.lend))
        shards.announce = { [ranks] index in _ = try ranks.share(RankMessage(index)) }
        let result = Result { try body() }
        shards.announce = nil
        shards.forget()
        _ = try ranks.share(RankMessage(-1))
        return try result.get()
    }
    /// What the optimizer goes on from, on rank 0; the others give what they have of it when they next `hear` of it.
    func optimizerEntries() throws -> [(name: String, tensor: Tensor)] {
        guard let optimizer = optimizer as? ShardedOptimizer else { return optimizer.entries }
        _ = try ranks.share(RankMessage(RankMessage.collect))
        return try optimizer.collect(keeps: true)
    }
    /// Whether rank 0 cannot go on by itself without the others hearing of it: they then leave to it what could be divided.
    var isLed: Bool { ranks.count > 1 && plan.configuration.acceleration.shardAcrossRanks }
    /// What rank 0 says next that it cannot do without the others.
    private func hear() throws -> RankMessage {
        while true {
            let message = try ranks.share(RankMessage())
            switch message.number {
            case RankMessage.lend:
                transformer.shards?.forget()
                while case let index = try ranks.share(RankMessage()).number, index >= 0 {
                    try transformer.shards?.lend(index)
                }
            case RankMessage.collect: _ = try (optimizer as? ShardedOptimizer)?.collect(keeps: false)
            default: return message
            }
        }
    }

    /// Chance begins anew for the micro-batch with this number among those of all ranks in an update: it depends on the seed, the step
    /// and that number alone.
    mutating func drawApart(_ number: Int) throws {
        let seed = Self.seed(plan.configuration.seed, step: step, number: number)
        try device.seed(seed)
        coins = PythonRandom(seed: seed)
    }
    /// SplitMix64 over the three (Steele et al. 2014): neighbours have nothing in common.
    static func seed(_ seed: Int, step: Int, number: Int) -> UInt64 {
        [seed, step, number].reduce(0) { state, part in
            var z = (state ^ UInt64(bitPattern: Int64(part))) &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Has the gradients summed over all ranks, and the losses of all of their micro-batches in the order of their numbers: each lies at
    /// its own place among zeros.
    func finish(
        _ sum: (_ figures: Tensor) throws -> Void, _ losses: [Tensor], _ levels: NoiseLevelLosses
    ) throws -> (losses: [Tensor], levels: NoiseLevelLosses) {
        let own = try zip(losses, levels.batches).map { loss, level in
            try concatenated([loss.reshaped(-1).to(.float32), level.reshaped(-1)], axis: 0)
        }
        let width = own.first?.count ?? 0
        let nothing = try Tensor.zeros([width], device: transformer.device)
        let sums = try concatenated(
            own.flatMap { figures in (0..<ranks.count).map { $0 == ranks.rank ? figures : nothing } }, axis: 0)
        try sum(sums)
        var all: (losses: [Tensor], levels: NoiseLevelLosses) = ([], NoiseLevelLosses())
        for start in stride(from: 0, to: sums.count, by: max(1, width)) {
            all.losses.append(try sums.slice(0, start..<start + 1).reshaped([]))
            all.levels.add(try sums.slice(0, start + 1..<start + width).reshaped(2, -1))
        }
        return all
    }

    /// What all ranks go by now: rank 0 may have heard of changes that the others are told of before the next update.
    var shared: TrainingConfiguration { ranks.count > 1 ? agreed : settings }

    /// The videos of all ranks, on every rank.
    func collect(_ own: Validation.Videos) throws -> Validation.Videos {
        guard ranks.count > 1 else { return own }
        let written = own.written.map { (key: "\($0)", value: JSON.string($1)) }
        let report = JSON.object(
            JSONObject([
                ("written", .object(JSONObject(written))), ("notes", .array(own.notes.map(JSON.string))),
            ]))
        return try ranks.gather(Array(report.compactText.utf8)).reduce(into: Validation.Videos()) { all, bytes in
            let report = try JSON(parsing: String(decoding: bytes, as: UTF8.self))
            for (place, path) in report["written"]?.object?.members ?? [] { all.written[Int(place) ?? 0] = path.string }
            // What hinders all of them is said once.
            let notes = (report["notes"]?.array ?? []).compactMap(\.string)
            all.notes += notes.filter { !all.notes.contains($0) }
        }
    }

    /// The files of the run, for the scripts of ranks that write none.
    func tellWhatIsSaved() throws {
        guard ranks.count > 1 else { return }
        do {
            let own = RankMessage(0, run.checkpoints.joined(separator: "\n"))
            let files = try (ranks.isFirst ? ranks.share(own) : hear()).text
            guard !ranks.isFirst, !files.isEmpty else { return }
            let kept = files.split(separator: "\n").map(String.init)
            run.add(checkpoint: kept.last ?? "", kept: kept)
        } catch  where ranks.isFirst { run.note("the other ranks do not know that the run is over: \(error)") }
    }
}
