import Base
import Configuration
import Torch

extension Ranks {
    /// A sentence where a state is of another number of ranks, and an update would have more or fewer clips than it had.
    func note(after state: TrainingState, _ configuration: TrainingConfiguration) -> String? {
        let before = state.ranks ?? 1, had = state.configuration.optimization.gradientAccumulationSteps
        let has = configuration.optimization.gradientAccumulationSteps
        guard before * had != count * has else { return nil }
        return
            "the state is of \(counted(before, "rank")), and \(count) go\(count == 1 ? "es" : "") on: an update now has \(count * has) "
            + "micro-batches instead of \(before * had); optimization.gradient_accumulation_steps decides"
    }
}

/// How a run begins on several ranks: all of them check everything, and rank 0 claims the folder.
extension Trainer {
    /// The ranks of this session. Throws where a run of theirs goes on: its loop has their attention.
    func joinedRanks() throws -> any Ranks {
        let ranks = try SessionRanks.join(device)
        if ranks.count > 1, let other = runs.all.first(where: { !$0.isOver }) {
            throw RanksError.oneAtATime(other.name)
        }
        return ranks
    }
    /// The folder of a new run, which is made when every rank has got as far as this.
    func claimed(_ wanted: String, _ ranks: any Ranks) throws -> RunFolder {
        guard ranks.count > 1 else { return try RunFolder.claim(wanted) }
        try ranks.meet()
        guard ranks.isFirst else { return RunFolder(try ranks.share(RankMessage()).text) }
        let files = try RunFolder.claim(wanted)
        do { _ = try ranks.share(RankMessage(0, files.path)) } catch {
            files.giveBack()
            throw error
        }
        return files
    }
    /// Encodes the captions that a run lacks, on rank 0, when every rank has looked at what there was.
    func encode(
        _ refresh: CaptionRefresh?, of plan: inout TrainingPlan, _ monitor: Monitor, _ ranks: any Ranks
    ) throws {
        try ranks.meet()
        if ranks.isFirst { try refresh?.run(monitor) } else { refresh?.leave() }
        _ = try ranks.share(RankMessage())
        if refresh != nil { try plan.identifyData() }
    }
    /// The state that a run goes on from: the newest that is whole where rank 0 looks, read by every rank.
    func newestState(
        _ files: RunFolder, _ ranks: any Ranks
    ) throws -> (state: TrainingState, remarks: [String]) {
        guard ranks.count > 1 else { return try files.newestState() }
        if ranks.isFirst {
            let found = try files.newestState()
            _ = try ranks.share(RankMessage(found.state.step))
            return found
        }
        let file = files.state(try ranks.share(RankMessage()).number)
        try ranks.find(file)
        return (try TrainingState(reading: file), [])
    }
}
