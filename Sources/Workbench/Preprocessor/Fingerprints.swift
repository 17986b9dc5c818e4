import Foundations
import Glibc

/// What each preprocessed file was made of, so that a second run skips what is up to date. Kept in `fingerprints.json`.
struct Fingerprints {
    private let path: String
    private var known: [String: String]

    /// An unreadable file is the same as none: everything is made again.
    init(_ folder: String) {
        path = Path.join(folder, "fingerprints.json")
        let members = (try? Files.json(path))?.object?.members ?? []
        known = Dictionary(members.compactMap { key, value in value.string.map { (key, $0) } }) { _, last in last }
    }

    func isCurrent(_ file: String, _ fingerprint: String) -> Bool { known[file] == fingerprint }
    mutating func set(_ file: String, _ fingerprint: String) { known[file] = fingerprint }
    func save() throws {
        let members = known.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSON.string($0.value)) }
        try AtomicFile.write(JSON.object(JSONObject(members)).text(indent: 1) + "\n", to: path)
    }

    /// Name, size and time of a file; a copy in another place counts as the same.
    static func identity(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "missing" }
        return "\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
    /// The weights and the configuration in a model part's folder.
    static func model(_ folder: String) -> String {
        let names = (try? Files.list(folder)) ?? []
        return hash(names.map { "\($0):\(identity(Path.join(folder, $0)))" }.joined(separator: ";"))
    }
    /// FNV-1a, 64 bits, in hexadecimal.
    static func hash(_ text: String) -> String { String(number(text), radix: 16) }
    static func number(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
