import Torch

/// Which noise level each token is told, in 0 … 1000.
public enum Timesteps {
    /// One value a sample (batch).
    case uniform(Tensor)
    /// 0 for the first tokens of each sample, which are conditioning; (batch) for the rest.
    case conditioned(tokens: Int, Tensor)
    /// One value a token (batch, tokens).
    case each(Tensor)

    /// The distinct values, (batch, rows): the time embedding is computed once for each.
    var rows: Tensor {
        get throws {
            switch self {
            case .uniform(let t): try t.reshaped(-1, 1)
            case .conditioned(_, let t): try stacked([t * 0, t], axis: 1)
            case .each(let t): t
            }
        }
    }
    /// Rows (batch, rows, …) spread over the tokens they belong to, or left to broadcast.
    func spread(_ rows: Tensor, tokens: Int) throws -> Tensor {
        guard case .conditioned(let count, _) = self else { return rows }
        let width = rows.size(-1), batch = rows.size(0)
        return try concatenated(
            [
                rows.slice(1, 0..<1).expanded([batch, count, width]),
                rows.slice(1, 1..<2).expanded([batch, tokens - count, width]),
            ], axis: 1)
    }
}
