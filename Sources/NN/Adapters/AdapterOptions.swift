/// How adapters are made, as peft's `LoraConfig` has it.
public struct AdapterOptions: Sendable {
    /// Of all layers but those below.
    public var rank: Int, alpha: Double
    /// By what a layer's path is or ends in; of several that fit the longest counts.
    public var ranks: [String: Int] = [:], alphas: [String: Double] = [:]
    /// Whether rows have a magnitude of their own (DoRA).
    public var isDecomposed = false

    /// The same for all layers.
    public init(rank: Int, alpha: Double) { (self.rank, self.alpha) = (rank, alpha) }

    func rank(of path: String) -> Int { Self.value(ranks, path) ?? rank }
    func alpha(of path: String) -> Double { Self.value(alphas, path) ?? alpha }

    static func fits(_ path: String, _ ending: String) -> Bool { path == ending || path.hasSuffix(".\(ending)") }
    private static func value<Value>(_ values: [String: Value], _ path: String) -> Value? {
        values.filter { fits(path, $0.key) }.max { $0.key.count < $1.key.count }?.value
    }
}
