import Base
import Foundation

/// Chooses the next token.
public struct TokenChooser: Sendable {
    /// Nil: the most likely one.
    public var temperature: Double?
    /// Only the most likely ones that have this much of the probability together.
    public var topP = 1.0
    /// Divides the logits of tokens that were there already (multiplies negative ones).
    public var penalty = 1.0
    private var generator: SplitMix64

    /// The seed matters with a temperature alone.
    public init(penalty: Double = 1, temperature: Double? = nil, topP: Double = 1, seed: UInt64 = 0) {
        (self.penalty, self.temperature, self.topP) = (penalty, temperature, topP)
        generator = SplitMix64(seed: seed)
    }
    /// It takes the most likely token, whatever was there.
    public var isPlain: Bool { penalty == 1 && (temperature ?? 0) == 0 }

    /// The next token after `seen`; `logits` one a token of the vocabulary.
    public mutating func choose(_ logits: [Float], after seen: Set<Int>) -> Int {
        var scores = logits
        if penalty != 1 {
            for id in seen where scores.indices.contains(id) {
                scores[id] = scores[id] < 0 ? scores[id] * Float(penalty) : scores[id] / Float(penalty)
            }
        }
        guard let temperature, temperature > 0 else { return Self.largest(scores) }
        let most = scores.max() ?? 0
        var odds = scores.enumerated().map { (id: $0, weight: Foundation.exp(Double($1 - most) / temperature)) }
        let sum = odds.reduce(0) { $0 + $1.weight }
        odds.sort { $0.weight > $1.weight }
        var kept = 0.0, count = 0
        repeat {
            kept += odds[count].weight
            count += 1
        } while count < odds.count && kept < topP * sum
        var draw = Double.random(in: 0..<1, using: &generator) * kept
        for (id, weight) in odds[..<count] {
            draw -= weight
            if draw < 0 { return id }
        }
        return odds[count - 1].id
    }
    /// The first of the largest.
    private static func largest(_ scores: [Float]) -> Int {
        var best = 0
        for place in scores.indices where scores[place] > scores[best] { best = place }
        return best
    }
}
