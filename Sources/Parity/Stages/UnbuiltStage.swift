/// A stage of the golden files whose capability has not been built yet: always a skip.
public struct UnbuiltStage: ParityStage {
    /// What `--stage` takes.
    public let name: String

    /// int8, int4, int2 and fp8 base models; captions by LLaVA.
    public static let all = ["quant", "quantf32", "train.int8", "cap", "capbf16"].map(UnbuiltStage.init)

    /// No rows.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] { [] }
}
