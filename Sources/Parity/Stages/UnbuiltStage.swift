/// A stage of the golden files whose capability has not been built yet: always a skip.
public struct UnbuiltStage: ParityStage {
    /// What `--stage` takes.
    public let name: String

    /// Captions by LLaVA.
    public static let all = ["cap", "capbf16"].map(UnbuiltStage.init)

    /// No rows.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] { [] }
}
