import Base

/// How fast the steps of a project went here, so that the next plan can tell how long they take.
struct PipelinePace {
    private let path: String
    private var seconds: [String: Double] = [:]

    init(_ folder: String) {
        path = Path.join(folder, ".scenes/pace.json")
        for (name, value) in (try? Files.json(path))?.object?.members ?? [] { seconds[name] = value.number }
    }
    /// Seconds for so many units; nil before it was done once.
    func seconds(_ work: String, for units: Double) -> Double? { seconds[work].map { $0 * units } }

    /// Takes note of work that was done. A project that cannot be written to is asked again the next time.
    func note(_ work: String, _ taken: Double, for units: Double) {
        guard units > 0, taken.isFinite else { return }
        var seconds = seconds
        seconds[work] = taken / units
        let members = seconds.sorted { $0.key < $1.key }.map { (key: $0, value: JSON.number($1)) }
        try? Files.makeFolder(Path.folder(path))
        try? AtomicFile.write(JSON.object(JSONObject(members)).text() + "\n", to: path)
    }
}
