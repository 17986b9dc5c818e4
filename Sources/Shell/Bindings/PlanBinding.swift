import Base
import Configuration
import LuaKit
import Torch
import Workbench

/// `Trainer.plan`'s answer: figures for scripts, a table for people.
final class PlanReport: LuaObject, Sendable {
    static let luaName = "Plan"
    let plan: MemoryPlan

    /// For a device, with nothing loaded.
    init(_ config: Config, _ request: Request, _ device: Device) throws {
        plan = try Trainer.plan(config.value, request.options(), device: device)
    }
    /// For the model in memory.
    init(_ config: Config, _ request: Request, on trainer: Trainer) throws {
        plan = try trainer.plan(config.value, request.options())
    }

    static var luaClass: LuaClass<PlanReport> {
        LuaClass("What a training would take, and what would make it fit.") {
            $0.property("total", "Bytes on the device at the worst moment of an update.") { $0.plan.total }
            $0.property("parts", "{name, bytes, setting} of each part of it.", returns: "table[]") {
                $0.plan.parts.map(\.table)
            }
            $0.property("host_memory", "Bytes of blocks that lie in host memory.") { $0.plan.hostMemory }
            $0.property("validation", "Bytes on the device when prompts are encoded; nil when none are.") {
                $0.plan.validation
            }
            $0.property("room", "Bytes that the device has for it; nil when not known.") { $0.plan.room }
            $0.property("fits", "Whether it fits; nil when the room is not known.") { $0.plan.fits }
            $0.property("seconds", "An update at the speed of the device; nil when that is not known.") {
                $0.plan.seconds
            }
            $0.property("operations", "Floating-point operations of an update.") { $0.plan.operations }
            $0.property(
                "ranks",
                "With several ranks {count, bytes, buffer, traffic, seconds, efficiency}: bytes of gradients that are summed, of copies that "
                    + "takes, and that go out of each rank in an update; what that takes, and how much of the ranks' speed is left at "
                    + "least: most of it is done while others are computed; nil for one."
            ) { report in report.plan.ranks.map { report.table(of: $0) } }
            $0.property("tokens", "Tokens of the largest clips.") { $0.plan.tokens }
            $0.property("size", "Pixels and frames of the largest clips.") { $0.plan.size }
            $0.property(
                "choices", "What would fit: {total, seconds, size, changes, config} each; empty when it fits.",
                returns: "table[]"
            ) { report in report.plan.choices.map { report.table(of: $0) } }
            $0.property("config", "The Config that fits: the first choice, or what was asked for; nil when none does.")
            {
                $0.plan.proposal.map(Config.init)
            }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }

    private func table(of choice: MemoryPlan.Choice) -> LuaTable {
        LuaTable(fields: [
            ("total", .integer(choice.total)), ("seconds", choice.seconds.map { .number($0) } ?? .none),
            ("size", choice.size.map { .string($0) } ?? .none),
            ("changes", plan.changes(choice).luaValue), ("config", Config(choice.configuration).luaValue),
        ])
    }

    private func table(of ranks: MemoryPlan.RanksPlan) -> LuaTable {
        LuaTable(fields: [
            ("count", .integer(ranks.count)), ("bytes", .integer(ranks.bytes)), ("buffer", .integer(ranks.buffer)),
            ("traffic", .integer(ranks.traffic)),
            ("seconds", ranks.seconds.map { .number($0) } ?? .none),
            ("efficiency", plan.seconds.flatMap(ranks.efficiency).map { .number($0) } ?? .none),
        ])
    }

    // MARK: - The call

    static var request: Arg<Request> { .options(Request(), Request.luaOptions) }

    /// What a plan goes by, as scripts say it.
    struct Request {
        var memory: String?
        var teraflops: Double?
        var size: LuaSize?
        var ranks: Int?
        var link: Double?

        static var luaOptions: [LuaOption<Request>] {
            [
                .option("gpu_memory", \.memory, .string, "of the card that it is for, such as \"24GB\""),
                .option(
                    "tflops", \.teraflops, .number(above: 0),
                    "how fast it multiplies matrices in practice, in 10^12 operations a second"),
                .option("size", \.size, .size, "of the clips, where none are preprocessed yet"),
                .option("ranks", \.ranks, .integer(min: 1, max: 1 << 20), "how many devices like that train together"),
                .option(
                    "link", \.link, .number(above: 0), "gigabytes a second between two of them, by the slowest link"),
            ]
        }
        func options() throws -> PlanOptions {
            var options = PlanOptions()
            if let memory {
                guard let bytes = PlanOptions.bytes(memory) else { throw PlanRequestError.memory(memory) }
                options.memory = bytes
            }
            options.teraflops = teraflops
            (options.ranks, options.link) = (ranks ?? 1, link)
            options.size = try size.map { try VideoSize($0) }
            return options
        }
    }
}

/// A plan that cannot be asked for so.
enum PlanRequestError: UserError {
    case memory(String)

    var kind: String { "plan.memory" }
    var key: String? { "gpu_memory" }
    var description: String {
        switch self {
        case .memory(let text): "gpu_memory = \"\(text)\" is no size of memory; write it as \"24GB\""
        }
    }
}

extension MemoryPlan.Part {
    fileprivate var table: LuaTable {
        LuaTable(fields: [("name", .string(name)), ("bytes", .integer(bytes)), ("setting", .string(setting))])
    }
}

extension PlanReport: Displayable {
    package var oneLine: String {
        let fits = plan.fits.map { $0 ? ", fits" : ", does not fit" } ?? ""
        return "plan for \(plan.batch) x \(plan.size): \(ByteCount(plan.total))" + fits
    }
    package func lines(_ context: DisplayContext) -> [String] {
        var card = Card("plan for \(counted(plan.batch, "clip")) of \(plan.size), \(plan.tokens) tokens each")
        for part in plan.parts { card.add(part.name, "\(Self.padded(part.bytes))  \(part.setting)") }
        card.add("together", "\(Self.padded(plan.total))  " + verdict)
        card.add(
            "prompts", plan.validation.map { "\(Self.padded($0))  while validation encodes them, instead of an update" }
        )
        card.add("in memory", plan.hostMemory > 0 ? "\(Self.padded(plan.hostMemory))  of the host" : nil)
        card.add("an update", time(plan.seconds))
        if let ranks = plan.ranks { card.add("ranks", sentence(ranks)) }
        for (place, choice) in plan.choices.enumerated() {
            let seconds = choice.seconds.map { ", \(time($0) ?? "")" } ?? ""
            card.add(
                place == 0 ? "would fit" : "or",
                plan.changes(choice).joined(separator: ", ") + ": \(ByteCount(choice.total))\(seconds)")
        }
        if plan.fits == false, plan.choices.isEmpty {
            card.add("would fit", "nothing that is known here: a smaller model, or a larger card")
        }
        return card.lines(context)
    }
    private var verdict: String {
        guard let room = plan.room, let fits = plan.fits else { return "" }
        return (fits ? "of " : "but there are ") + "\(ByteCount(room)) for it"
    }
    private func sentence(_ ranks: MemoryPlan.RanksPlan) -> String {
        let traffic = "\(ranks.count), \(ByteCount(ranks.traffic)) out of each in an update"
        guard let seconds = ranks.seconds else { return traffic + "; link = GB/s tells how long that takes" }
        let efficiency = plan.seconds.flatMap(ranks.efficiency).map {
            ": at least \(NumberText.significant(100 * $0, 3)) % of their speed"
        }
        return traffic + ", \(NumberText.significant(seconds, 2)) s" + (efficiency ?? "")
    }
    private func time(_ seconds: Double?) -> String? {
        guard let seconds, let speed = plan.speed else { return nil }
        let teraflops = NumberText.significant(speed.operations / 1e12, 2)
        return "\(NumberText.significant(seconds, 2)) s at \(teraflops) TFLOP/s"
            + (speed.isMeasured ? ", measured" : "")
    }
    private static func padded(_ bytes: Int) -> String { TextFitting.pad("\(ByteCount(bytes))", to: 8) }
}
