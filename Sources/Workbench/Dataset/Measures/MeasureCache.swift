import Base
import Media
import Synchronization

/// What clips are like, measured once for as long as a file does not change: a small JSON file a clip in the dataset's hidden
/// `.measures`, which may be deleted at any time.
final class MeasureCache: Sendable {
    private let folder: String, base: String
    private let known = Mutex<[String: (stamp: FileStamp, measures: VideoMeasures)]>([:])
    private static let format = 1

    /// A cache in a dataset's folder.
    init(folder: String) { (base, self.folder) = (folder, Path.join(folder, ".measures")) }

    /// What is known without looking at any picture; `nil` where the file has not been measured as it is now.
    func known(_ path: String) -> VideoMeasures? {
        guard let stamp = try? FileStamp(path) else { return nil }
        if let entry = known.withLock({ $0[path] }), entry.stamp == stamp { return entry.measures }
        guard let json = try? Files.json(place(path)), json["format"]?.integer == Self.format,
            let source = json["source"]?.string, source == (try? FileIdentity(path))?.text,
            let measures = json["measures"].flatMap({ VideoMeasures($0) })
        else { return nil }
        known.withLock { $0[path] = (stamp, measures) }
        return measures
    }

    /// Measures a file, or gives what is known of it. What cannot be kept on the disk is measured again another time. Throws
    /// `MediaError`, `FileError` for a file that is not there, `Cancelled`.
    func measures(of file: VideoFile, _ monitor: Monitor) throws -> VideoMeasures {
        if let measures = known(file.path) { return measures }
        let stamp = try FileStamp(file.path), source = try FileIdentity(file.path).text
        let measures = try VideoMeasures(of: file, monitor)
        known.withLock { $0[file.path] = (stamp, measures) }
        let json = JSON.object(
            JSONObject([
                ("format", .integer(Self.format)), ("source", .string(source)), ("measures", measures.json),
            ]))
        do {
            try Files.makeFolder(folder)
            try AtomicFile.write(json.compactText + "\n", to: place(file.path))
        } catch { monitor.note("what '\(file.path)' is like is not kept: \(error)") }
        return measures
    }

    private func place(_ path: String) -> String {
        Path.join(folder, "\(Path.stem(path))-\(Fingerprints.hash(Path.relative(path, to: base))).json")
    }
}
