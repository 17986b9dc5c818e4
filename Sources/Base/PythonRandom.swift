/// Python's `random.Random(seed).random()`: MT19937 seeded by `init_by_array`, 53 bits a draw (CPython
/// `_randommodule.c`; Matsumoto and Nishimura 1998).
///
/// The reference draws its first-frame coin from it, so a run with the same seed tosses the same coins.
public struct PythonRandom: Sendable {
    /// What draws are made of, 624 words. With `used` it can go on elsewhere: together they are the tuple that
    /// `random.getstate()` gives.
    public private(set) var words = [UInt32](repeating: 0, count: 624)
    /// How many of the words have been drawn.
    public private(set) var used = 624

    /// As `random.Random(seed)` of an int.
    public init(seed: UInt64) {
        var key = [UInt32(truncatingIfNeeded: seed)]
        if seed >> 32 != 0 { key.append(UInt32(seed >> 32)) }
        words[0] = 19_650_218
        for i in 1..<624 { words[i] = 1_812_433_253 &* (words[i - 1] ^ (words[i - 1] >> 30)) &+ UInt32(i) }
        var i = 1, j = 0
        for _ in 0..<624 {
            words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            (i, j) = (i + 1, (j + 1) % key.count)
            if i == 624 { (words[0], i) = (words[623], 1) }
        }
        for _ in 0..<623 {
            words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i == 624 { (words[0], i) = (words[623], 1) }
        }
        words[0] = 0x8000_0000
    }

    /// Goes on from where `words` and `used` were read; nil for what no generator has.
    public init?(words: [UInt32], used: Int) {
        guard words.count == 624, (0...624).contains(used), words.contains(where: { $0 != 0 }) else { return nil }
        (self.words, self.used) = (words, used)
    }

    /// A draw from [0, 1).
    public mutating func random() -> Double {
        let a = word() >> 5, b = word() >> 6
        return (Double(a) * 67_108_864 + Double(b)) / 9_007_199_254_740_992
    }

    private mutating func word() -> UInt32 {
        if used == 624 { twist() }
        var y = words[used]
        used += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }
    private mutating func twist() {
        for i in 0..<624 {
            let y = (words[i] & 0x8000_0000) | (words[(i + 1) % 624] & 0x7FFF_FFFF)
            words[i] = words[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 1 ? 0x9908_B0DF : 0)
        }
        used = 0
    }
}
