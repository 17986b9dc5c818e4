import NN

/// The processes that train one model together, each on its own part of the data.
///
/// Between the gradients and the optimizer they make one average of theirs; everything else is every rank's own matter. Rank 0
/// owns the run's folder.
protocol Ranks: Sendable {
    /// 0 … count − 1.
    var rank: Int { get }
    var count: Int { get }
    /// Replaces the gradients on the parameters by their mean over all ranks.
    func averageGradients(of parameters: [Parameter]) throws
}

/// One process alone.
struct OneRank: Ranks {
    var rank: Int { 0 }
    var count: Int { 1 }
    func averageGradients(of parameters: [Parameter]) {}
}
