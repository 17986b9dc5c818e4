import Base

// MARK: Several ranks

/// Rank 0 says what is to be made, keeps the record and tidies up; each rank makes its share, every file whole and with the bytes that
/// one rank would give it.
extension PreprocessingJob {
    /// What may have to be made.
    typealias Candidate = (file: String, mark: String, inputs: [String: String])

    /// Those of the candidates that are to be made, as rank 0 finds it.
    func due(_ candidates: [Candidate]) throws -> Set<String> {
        try agreed { try candidates.filter { try isDue($0.file, $0.mark, $0.inputs) }.map(\.file) }
    }
    /// The files that rank 0 finds; the other ranks do not look.
    func agreed(_ find: () throws -> [String]) throws -> Set<String> {
        guard ranks.count > 1 else { return Set(try find()) }
        let found = ranks.isFirst ? try find().joined(separator: "\n") : ""
        return Set(try ranks.share(RankMessage(0, found)).text.split(separator: "\n").map(String.init))
    }
    /// What is to be done one by one: each rank takes the next when it is free, so that none waits for the slowest with work left. They
    /// say the same `what`, in the same order.
    func turns(_ what: String) -> Turns { Turns(ranks, "preprocessing/\(number)/\(what)") }

    /// Tells of a clip that is left out; what other ranks leave out, rank 0 tells.
    func tell(_ text: String, _ monitor: Monitor) { if ranks.isFirst { monitor.note(text) } else { told.append(text) } }

    /// Has rank 0 record what each rank has made of its files.
    func collect(_ files: [String], _ monitor: Monitor) throws {
        guard ranks.count > 1 else { return }
        let made = files.map { (key: $0, value: fingerprints[$0]?.json ?? .null) }
        let report = JSON.object(
            JSONObject([("made", .object(JSONObject(made))), ("told", .array(told.map(JSON.string)))]))
        told = []
        let reports = try ranks.gather(Array(report.compactText.utf8))
        guard ranks.isFirst else { return }
        for bytes in reports.dropFirst() {
            let report = try JSON(parsing: String(decoding: bytes, as: UTF8.self))
            for (file, value) in report["made"]?.object?.members ?? [] { fingerprints[file] = Provenance(value) }
            for text in report["told"]?.array ?? [] { monitor.note(text.string ?? "") }
        }
    }
}
