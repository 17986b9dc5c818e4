/// Pairs of tokens that become one token, by rank: what byte pair encoding does to a text, whatever its first tokens are.
struct BytePairs: Sendable {
    private struct Merge { let rank: Int, id: Int }
    private let merges: [Pair: Merge]
    private struct Pair: Hashable { let left: Int, right: Int }

    /// In the order in which they are preferred.
    init(_ merges: some Sequence<(left: Int, right: Int, merged: Int)>) {
        var table: [Pair: Merge] = [:]
        for (rank, merge) in merges.enumerated() {
            table[Pair(left: merge.left, right: merge.right)] = Merge(rank: rank, id: merge.merged)
        }
        self.merges = table
    }

    /// The tokens with every pair merged, the lowest rank first, of equal ones the leftmost.
    func merged(_ tokens: [Int]) -> [Int] {
        // A list whose members are taken out without moving the others: a text is one word to SentencePiece's kind.
        var tokens = tokens, after = Array(1...max(1, tokens.count)), before = tokens.indices.map { $0 - 1 }
        var isGone = [Bool](repeating: false, count: tokens.count), heap = Heap()
        func propose(_ place: Int) {
            guard place >= 0, after[place] < tokens.count else { return }
            let pair = Pair(left: tokens[place], right: tokens[after[place]])
            if let merge = merges[pair] {
                heap.push(Candidate(rank: merge.rank, place: place, left: pair.left, right: pair.right, id: merge.id))
            }
        }
        for place in tokens.indices { propose(place) }
        while let best = heap.pop() {
            let next = isGone[best.place] ? tokens.count : after[best.place]
            // One of the two has become something else since.
            guard next < tokens.count, tokens[best.place] == best.left, tokens[next] == best.right else { continue }
            tokens[best.place] = best.id
            isGone[next] = true
            after[best.place] = after[next]
            if after[next] < tokens.count { before[after[next]] = best.place }
            propose(before[best.place])
            propose(best.place)
        }
        return tokens.indices.filter { !isGone[$0] }.map { tokens[$0] }
    }

    private struct Candidate {
        let rank: Int, place: Int, left: Int, right: Int, id: Int

        static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.place) < (b.rank, b.place) }
    }
    /// The least first.
    private struct Heap {
        private var items: [Candidate] = []

        mutating func push(_ item: Candidate) {
            items.append(item)
            var place = items.count - 1
            while place > 0, items[place] < items[(place - 1) / 2] {
                items.swapAt(place, (place - 1) / 2)
                place = (place - 1) / 2
            }
        }
        mutating func pop() -> Candidate? {
            guard let first = items.first, let last = items.popLast() else { return nil }
            guard !items.isEmpty else { return first }
            items[0] = last
            var place = 0
            while true {
                let children = [2 * place + 1, 2 * place + 2].filter { $0 < items.count }
                guard let least = children.min(by: { items[$0] < items[$1] }), items[least] < items[place] else {
                    break
                }
                items.swapAt(least, place)
                place = least
            }
            return first
        }
    }
}
