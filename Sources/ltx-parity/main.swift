import Foundation
import Base
import Parity
import Torch

/// `ltx-parity MODEL_DIR GOLDEN.safetensors [--stage NAME] [--device NAME]`: one row a comparison; exit 1 on any failure,
/// 2 on bad usage.
func run(_ arguments: [String]) -> Int32 {
    let usage =
        "usage: ltx-parity MODEL_DIR GOLDEN.safetensors [--stage NAME] [--device cpu|cuda[:N]]\n"
        + "stages: \(Parity.stages.map(\.name).joined(separator: " "))"
    var places: [String] = [], wanted: [String] = [], deviceName = "cpu", rest = arguments[...]
    while let argument = rest.popFirst() {
        switch argument {
        case "--help", "-h":
            print(usage)
            return 0
        case "--stage":
            guard let name = rest.popFirst() else { return fail(usage, 2) }
            guard Parity.stages.contains(where: { $0.name == name }) else {
                return fail(
                    "no stage '\(name)'\(Suggestion.hint(for: name, in: Parity.stages.map(\.name)))\n\(usage)", 2)
            }
            wanted.append(name)
        case "--device":
            guard let name = rest.popFirst() else { return fail(usage, 2) }
            deviceName = name
        case let option where option.hasPrefix("-"): return fail("unknown option '\(option)'\n\(usage)", 2)
        default: places.append(argument)
        }
    }
    guard places.count == 2 else { return fail(usage, 2) }
    do {
        let device = try Device(parsing: deviceName)
        // The goldens are of whole fp32.
        try Backend.setTF32(false)
        let model = try ParityModel(places[0], device: device), goldens = try Goldens(places[1], device: device)
        var failures = 0
        for stage in Parity.stages where wanted.isEmpty || wanted.contains(stage.name) {
            failures += report(stage, model, goldens)
        }
        print(failures == 0 ? "all stages agree" : "\(failures) comparisons out of tolerance")
        return failures == 0 ? 0 : 1
    } catch {
        return fail("ltx-parity: \(error)", 1)
    }
}

/// Prints the rows of one stage; how many failed.
func report(_ stage: any ParityStage, _ model: ParityModel, _ goldens: Goldens) -> Int {
    func line(_ cells: [String]) {
        let widths = [12, 44, 20, 12, 12, 10]
        let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
        print((padded + cells.dropFirst(widths.count)).joined(separator: " "))
    }
    func number(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return value == 0 ? "0" : "\(value)" }
        let exponent = Int(log10(abs(value)).rounded(.down))
        return "\((value / pow(10, Double(exponent)) * 100).rounded() / 100)e\(exponent)"
    }
    do {
        let rows = try stage.run(model, goldens)
        if rows.isEmpty { line([stage.name, "skip"]) }
        for row in rows {
            line([
                stage.name, row.label, "\(row.shape)", number(row.maxAbsolute), number(row.relative),
                number(row.tolerance), row.passed ? "pass" : "FAIL",
            ])
        }
        return rows.count { !$0.passed }
    } catch {
        line([stage.name, "FAIL: \(error)"])
        return 1
    }
}

func fail(_ message: String, _ status: Int32) -> Int32 {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    return status
}

exit(run(Array(CommandLine.arguments.dropFirst())))
