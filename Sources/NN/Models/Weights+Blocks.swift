extension Weights {
    /// The blocks of a model, `count` of them, made one after the other from here: as many as the policy says have their matrices in host
    /// memory, spread evenly, so that there is something to compute while the next one comes; or all of them in parts on several ranks.
    public func blocks<Block>(
        _ count: Int, _ make: (_ w: Weights, _ index: Int) throws -> Block
    ) throws -> any BlockResidency<Block> {
        func made(_ w: Weights, _ index: Int) throws -> (block: Block, weights: [OffloadedWeight]) {
            let before = linears.count, block = try make(w, index)
            let weights = linears[before...].compactMap { linear -> OffloadedWeight? in
                if case .offloaded(let weight) = linear.weight { weight } else { nil }
            }
            return (block, weights)
        }
        if let shard = policy.shard {
            let shards = ShardedMatrices(shard, on: policy.device)
            let blocks = try (0..<count).map { index in
                let block = try made(elsewhere, index)
                saved(try shards.keep(block.weights))
                return block
            }
            shards.finish()
            self.shards = shards
            return StreamedBlocks(blocks, shards)
        }
        let offloaded = Self.spread(policy.offloadedBlocks, over: count)
        guard !offloaded.isEmpty else { return ResidentBlocks(try (0..<count).map { try make(self, $0) }) }
        return try StreamedBlocks(
            (0..<count).map { try made(offloaded.contains($0) ? elsewhere : self, $0) }, on: policy.device)
    }

    /// `some` of the numbers below `count`, evenly spread, the last among them.
    static func spread(_ some: Int, over count: Int) -> Set<Int> {
        let some = Swift.min(Swift.max(some, 0), count)
        return Set((0..<some).map { ($0 + 1) * count / some - 1 })
    }
}
