/// Python's `random.Random(seed).random()`: MT19937 seeded by `init_by_array`, 53 bits a draw (CPython
/// `_randommodule.c`; Matsumoto and Nishimura 1998).
///
/// The reference draws its first-frame coin from it, so a run with the same seed tosses the same coins.
public struct PythonRandom: Sendable {
    private var state = [UInt32](repeating: 0, count: 624)
    private var next = 624

    /// As `random.Random(seed)` of an int.
    public init(seed: UInt64) {
        var key = [UInt32(truncatingIfNeeded: seed)]
        if seed >> 32 != 0 { key.append(UInt32(seed >> 32)) }
        state[0] = 19_650_218
        for i in 1..<624 { state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i) }
        var i = 1, j = 0
        for _ in 0..<624 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            (i, j) = (i + 1, (j + 1) % key.count)
            if i == 624 { (state[0], i) = (state[623], 1) }
        }
        for _ in 0..<623 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i == 624 { (state[0], i) = (state[623], 1) }
        }
        state[0] = 0x8000_0000
    }

    /// A draw from [0, 1).
    public mutating func random() -> Double {
        let a = word() >> 5, b = word() >> 6
        return (Double(a) * 67_108_864 + Double(b)) / 9_007_199_254_740_992
    }

    private mutating func word() -> UInt32 {
        if next == 624 { twist() }
        var y = state[next]
        next += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }
    private mutating func twist() {
        for i in 0..<624 {
            let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7FFF_FFFF)
            state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 1 ? 0x9908_B0DF : 0)
        }
        next = 0
    }
}
