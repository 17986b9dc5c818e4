import Base
import NN
import Torch

/// What a run goes on from.
extension TrainingLoop {
    /// Everything that a draw changes.
    struct Draws {
        let host: Tensor, device: Tensor, coins: PythonRandom, order: DataOrder
    }
    func draws() throws -> Draws {
        Draws(host: try host.state(), device: try device.state(), coins: coins, order: order)
    }
    /// An update was begun and is not made: nothing of it stays. The clips that were read ahead are not looked at again, since the run
    /// ends.
    mutating func undo(_ before: Draws) throws {
        try trainable.parameters.clearGradients()
        try host.restore(before.host)
        try device.restore(before.device)
        (coins, order) = (before.coins, before.order)
    }

    /// Everything to go on from here; taken between two updates. On the CPU and not copied where it is there already: written, or
    /// copied, before the next update.
    func state() throws -> TrainingState {
        var tensors: [String: Tensor] = [:]
        for parameter in trainable.parameters { tensors["adapter.\(parameter.name)"] = parameter.tensor }
        for (name, tensor) in try optimizerEntries() { tensors["optimizer.\(name)"] = tensor }
        for parameter in average?.averages ?? [] { tensors["average.\(parameter.name)"] = parameter.tensor }
        for (name, tensor) in scaler?.entries ?? [] { tensors["scaler.\(name)"] = tensor }
        tensors["generator.host"] = try host.state()
        tensors["generator.device"] = try device.state()
        return TrainingState(
            step: step, configuration: settings, rest: Array(order.rest), waiting: order.waiting, coins: coins,
            ranks: drawsApart ? ranks.count : nil, alphas: alphas,
            skips: skips, averaged: average?.updates ?? 0, checkpoints: run.checkpoints.map(Path.name),
            data: plan.identity, tensors: try tensors.mapValues { try $0.detached().to(.cpu) })
    }

    /// Goes on from the state whose adapters these are. Throws when it is of another optimizer.
    mutating func restore(_ state: TrainingState) throws {
        try optimizer.restore(state.tensors("optimizer."))
        let averages = state.tensors("average.")
        // An average that was asked for only now begins here.
        if !averages.isEmpty { try average?.restore(averages) }
        for (name, tensor) in scaler?.entries ?? [] { try tensor.copy(from: state.tensor("scaler.\(name)")) }
        try host.restore(state.tensor("generator.host"))
        try device.restore(state.tensor("generator.device"))
        guard (state.rest.joined() + state.waiting).allSatisfy(plan.data.items.indices.contains) else {
            throw TrainingStateError.missing("rest")
        }
        (step, saved, coins, skips) = (state.step, state.step, state.coins, state.skips)
        order = DataOrder(
            buckets: plan.buckets.places, batch: settings.optimization.batchSize, rest: state.rest,
            waiting: state.waiting)
        expectClips()
        guard ranks.isFirst else { return }
        // A killed run may not have come to removing the oldest.
        let older = try folder.allStates().filter { $0 <= folder.state(state.step) }
        states = older.prefix(settings.checkpoints.keepStates).reversed()
        for file in older where !states.contains(file) { Files.remove(file) }
    }
}
