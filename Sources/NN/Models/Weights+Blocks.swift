extension Weights {
    /// The blocks of a model, `count` of them, made one after the other from here: as many as the policy says have their matrices in host
    /// memory, spread evenly, so that there is something to compute while the next one comes.
    public func blocks<Block>(
        _ count: Int, _ make: (_ w: Weights, _ index: Int) throws -> Block
    ) throws -> any BlockResidency<Block> {
        let offloaded = Self.spread(policy.offloadedBlocks, over: count)
        guard !offloaded.isEmpty else { return ResidentBlocks(try (0..<count).map { try make(self, $0) }) }
        let made = try (0..<count).map { index in
            let before = linears.count, block = try make(offloaded.contains(index) ? self.offloaded : self, index)
            return (block: block, linears: Array(linears[before...]))
        }
        return try StreamedBlocks(made, on: policy.device)
    }

    /// `some` of the numbers below `count`, evenly spread, the last among them.
    static func spread(_ some: Int, over count: Int) -> Set<Int> {
        let some = Swift.min(Swift.max(some, 0), count)
        return Set((0..<some).map { ($0 + 1) * count / some - 1 })
    }
}
