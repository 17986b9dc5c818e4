import Base

/// Which of several processes this is and where they meet, from the variables that whoever started them has set: torchrun and
/// `ltxsh --nproc` (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`, `MASTER_ADDR`, `MASTER_PORT`), `srun` (`SLURM_*`) or `mpirun` (`OMPI_*`).
public struct RankVariables: Sendable, Equatable {
    /// 0 … size − 1.
    public var rank: Int
    /// How many processes there are.
    public var size: Int
    /// The place among those of this host, and how many they are.
    public var localRank: Int, localSize: Int
    /// Where rank 0 serves the store.
    public var host: String, port: Int
    /// The socket that it listens on already, if somebody has opened one for it.
    public var listener: Int?
    /// Somebody else serves the store: torchrun.
    public var isServed = false
    /// Tells a restarted group from its forerunner.
    public var attempt = "0"

    /// One of several on one machine.
    public init(rank: Int, of size: Int, at host: String, port: Int) {
        (self.rank, self.size, localRank, localSize) = (rank, size, rank, size)
        (self.host, self.port) = (host, port)
    }

    /// What each kind calls rank, size, place on its host and number there.
    static let names = [
        ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"),
        ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"),
        (
            "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"
        ),
    ]

    /// Of the environment; nil where this process is alone and nobody has said otherwise. Throws `RankVariablesError` for what makes no
    /// sense.
    public init?(_ variable: (String) -> String?) throws {
        func number(_ name: String, upTo limit: Int) throws -> Int? {
            guard let text = variable(name), !text.isEmpty else { return nil }
            guard let value = Int(text), (0...limit).contains(value) else {
                throw RankVariablesError.number(name, text, limit)
            }
            return value
        }
        // A shell that is one task of srun's, or one process of mpirun's, is alone.
        let found = Self.names.first { variable($0.0) != nil && variable($0.1) != nil }
        guard let found, let rank = try number(found.0, upTo: 1 << 20), let size = try number(found.1, upTo: 1 << 20)
        else {
            if let lonely = ["RANK", "WORLD_SIZE"].first(where: { variable($0) != nil }) {
                throw RankVariablesError.missing(lonely == "RANK" ? "WORLD_SIZE" : "RANK")
            }
            return nil
        }
        if size == 1, found.0 != "RANK" { return nil }
        guard size > 0, rank < size else { throw RankVariablesError.number(found.0, "\(rank)", max(0, size - 1)) }
        (self.rank, self.size) = (rank, size)
        localRank = try number(found.2, upTo: 1 << 20) ?? 0
        // Slurm's is a list such as "4(x2)"; its first number will do.
        localSize = variable(found.3).flatMap { Int($0.prefix { $0.isNumber }) } ?? 1
        let launcher = variable("SLURM_LAUNCH_NODE_IPADDR")
        guard let host = variable("MASTER_ADDR") ?? launcher ?? (size == 1 ? "127.0.0.1" : nil) else {
            throw RankVariablesError.missing("MASTER_ADDR")
        }
        self.host = host
        // A port that all of a Slurm job's steps come to by themselves, as its users do it.
        let job = try number("SLURM_JOB_ID", upTo: .max).map { 20_000 + $0 % 10_000 }
        guard let port = try number("MASTER_PORT", upTo: 65_535) ?? job ?? (size == 1 ? 0 : nil) else {
            throw RankVariablesError.missing("MASTER_PORT")
        }
        self.port = port
        listener = try number("LTXSH_LISTENER", upTo: 1 << 20)
        isServed = variable("TORCHELASTIC_USE_AGENT_STORE") == "True"
        attempt = [variable("TORCHELASTIC_RUN_ID"), variable("TORCHELASTIC_RESTART_COUNT")].compactMap(\.self)
            .joined(separator: "/")
    }
}

/// Variables that do not say which process this is.
public enum RankVariablesError: UserError, Equatable {
    case number(String, String, Int)
    case missing(String)

    /// One for both.
    public var kind: String { "ranks.environment" }
    /// The variable.
    public var key: String? {
        switch self {
        case .number(let name, _, _), .missing(let name): name
        }
    }
    /// One line with the variable.
    public var description: String {
        switch self {
        case .number(let name, let text, let limit):
            "the variable \(name) must be a whole number from 0 to \(limit), got '\(text)'"
        case .missing(let name):
            "this is one of several processes, but the variable \(name) is not set: start them with ltxsh --nproc N, torchrun, "
                + "srun or mpirun -x MASTER_ADDR -x MASTER_PORT"
        }
    }
}
