import CMedia
import Base
import Glibc

/// Scores kept on disk, so that another threshold needs no decoding. One small file a source and scan.
///
/// Format: a line of JSON (magic, what was scanned, how), then the arrays as little-endian 64-bit values, then their
/// hash. A file that is torn, foreign or about another version of the source counts as absent.
public struct SceneScoreCache: Sendable {
    /// The folder of the files; made when something is stored.
    public let folder: String

    /// A cache in a folder, by convention the hidden `.scenes` beside the clips.
    public init(folder: String) { self.folder = folder }

    private static let magic = "ltxsh scene scores 2"

    /// The stored scores of a file, `nil` when there are none that fit it and the options.
    public func scores(_ file: VideoFile, _ options: ScanOptions = ScanOptions()) -> SceneScores? {
        guard let identity = try? FileIdentity(file.path), let bytes = try? Files.read(path(file, options)) else {
            return nil
        }
        guard let end = bytes.firstIndex(of: 10), let header = try? JSON(parsing: Array(bytes[..<end])),
            header["magic"]?.string == Self.magic, header["source"]?.string == identity.text,
            header["scan"]?.string == options.text
        else { return nil }
        let body = Array(bytes[(end + 1)...])
        guard body.count >= 8, body.count % 8 == 0 else { return nil }
        let words = body.withUnsafeBytes { raw in
            (0..<body.count / 8).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
            }
        }
        guard cm_hash(body, body.count - 8, cm_hash_seed()) == words.last else { return nil }
        return SceneScores(header, words.dropLast(), file, options)
    }

    /// Stores complete scores. Throws `FileError`.
    public func store(_ scores: SceneScores, of file: VideoFile) throws {
        guard scores.isComplete else { return }
        try Files.makeFolder(folder)
        let header = JSON.object(
            JSONObject([
                ("magic", .string(Self.magic)), ("source", .string(try FileIdentity(file.path).text)),
                ("scan", .string(scores.options.text)), ("count", .integer(scores.count)),
                ("rate", .array([.integer(scores.rate.numerator), .integer(scores.rate.denominator)])),
                ("time_base", .array([.integer(scores.timeBase.numerator), .integer(scores.timeBase.denominator)])),
                ("origin", .integer(Int(scores.origin))), ("width", .integer(scores.width)),
                ("height", .integer(scores.height)), ("end_timestamp", .integer(Int(scores.endTimestamp))),
                ("end_frame", .integer(scores.endFrame)), ("damage", .integer(scores.damage)),
            ]))
        var body: [UInt8] = []
        for word in scores.words { withUnsafeBytes(of: word.littleEndian) { body.append(contentsOf: $0) } }
        let hash = cm_hash(body, body.count, cm_hash_seed())
        withUnsafeBytes(of: hash.littleEndian) { body.append(contentsOf: $0) }
        try AtomicFile.write(Array((header.text() + "\n").utf8) + body, to: path(file, scores.options))
    }

    /// The stored scores, or a scan that is then stored. Exact scores serve a fast scan as well.
    ///
    /// Throws as `SceneScanner.scan`; a cache that cannot be written is a note, not an error.
    public func scan(_ file: VideoFile, _ options: ScanOptions = ScanOptions(), _ monitor: Monitor? = nil) throws
        -> SceneScores
    {
        var exact = options
        exact.fast = false
        if let scores = scores(file, exact) ?? scores(file, options) { return scores }
        let scores = try SceneScanner.scan(file, options, monitor)
        do { try store(scores, of: file) } catch {
            monitor?.note("the scores of '\(file.path)' are not kept: \(error)")
        }
        return scores
    }

    private func path(_ file: VideoFile, _ options: ScanOptions) -> String {
        let bytes = Array((Path.absolute(file.path) + "\n" + options.text).utf8)
        let key = String(cm_hash(bytes, bytes.count, cm_hash_seed()), radix: 16)
        return Path.join(folder, "\(Path.stem(file.path))-\(key).scores")
    }
}

extension ScanOptions {
    /// One line, equal for equal options.
    fileprivate var text: String {
        func text(_ place: VideoTime) -> String { if case .seconds(let time) = place { "\(time)" } else { "\(place)" } }
        let size = downscale.map { "\($0)" } ?? "auto", until = end.map(text) ?? "end"
        return "downscale=\(size) skip=\(frameSkip) from=\(text(start)) to=\(until) bins=\(bins) "
            + "hash=\(hashSize)/\(lowpass) edges=\(edges) fast=\(fast)"
            + (duration.map { " for=\(text($0))" } ?? "") + (kernelSize.map { " kernel=\($0)" } ?? "")
    }
}

extension SceneScores {
    /// The arrays one after the other, as the cache stores them.
    fileprivate var words: [UInt64] {
        let numbers = [hue, saturation, luma, edges, average, correlation, hashDistance].flatMap {
            $0.map(\.bitPattern)
        }
        return frames.map { UInt64($0) } + timestamps.map { UInt64(bitPattern: $0) } + numbers
    }

    /// `nil` when the words do not fit the header.
    fileprivate init?(_ header: JSON, _ words: ArraySlice<UInt64>, _ file: VideoFile, _ options: ScanOptions) {
        func pair(_ name: String) -> Rational? {
            guard let parts = header[name]?.array?.compactMap(\.integer), parts.count == 2 else { return nil }
            return Rational(parts[0], parts[1])
        }
        guard let rate = pair("rate"), let base = pair("time_base"), let count = header["count"]?.integer,
            let origin = header["origin"]?.integer, let width = header["width"]?.integer,
            let height = header["height"]?.integer, let endTimestamp = header["end_timestamp"]?.integer,
            let endFrame = header["end_frame"]?.integer, (0..<1 << 40).contains(count),
            (0..<1 << 40).contains(endFrame),
            (1...1 << 20).contains(width), (1...1 << 20).contains(height),
            words.count == count * (options.edges ? 9 : 8)
        else { return nil }
        self.init(
            options: options, rate: rate, timeBase: base, origin: Int64(origin), width: width, height: height)
        var rest = words
        func next() -> [UInt64] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        frames = next().map { Int(truncatingIfNeeded: $0) }
        guard frames.allSatisfy({ (0..<1 << 40).contains($0) }) else { return nil }
        timestamps = next().map { Int64(bitPattern: $0) }
        (hue, saturation, luma) = (
            next().map(Double.init(bitPattern:)), next().map(Double.init(bitPattern:)),
            next().map(Double.init(bitPattern:))
        )
        if options.edges { edges = next().map(Double.init(bitPattern:)) }
        (average, correlation, hashDistance) = (
            next().map(Double.init(bitPattern:)), next().map(Double.init(bitPattern:)),
            next().map(Double.init(bitPattern:))
        )
        (self.endTimestamp, self.endFrame, isComplete) = (Int64(endTimestamp), endFrame, true)
        damage = header["damage"]?.integer ?? 0
    }
}
