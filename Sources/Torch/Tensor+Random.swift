import CTorch

extension Tensor {
    /// Each element zero with probability `p`, the others divided by 1 − p. On the CPU the mask is that of
    /// `torch.nn.functional.dropout` when the default generator is in the state of this one.
    public func dropout(_ p: Double, generator: Generator) throws -> Tensor {
        try make(self, generator) { ct_dropout($0, p, $1, $2) }
    }
}

extension Generator {
    /// Runs `body` with the draws that came after `state()` gave `state`, and then goes on from where it was.
    public func replaying<R>(_ state: Tensor, _ body: () throws -> R) throws -> R {
        let now = try self.state()
        try restore(state)
        do {
            let result = try body()
            try restore(now)
            return result
        } catch {
            try restore(now)
            throw error
        }
    }
}
