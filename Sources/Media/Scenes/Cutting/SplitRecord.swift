import Base
import Glibc

/// What a folder of clips says of one video: how it was cut last, which clips of that are complete, and which files
/// there were written by a split.
///
/// A hidden file beside the clips that is always whole. One that cannot be read says nothing.
public struct SplitRecord: Sendable {
    private let folder: String, path: String
    private var fingerprint = ""
    private var done: [String] = []
    /// By clip name what files of that name may contain: more than one while a clip is replaced.
    private var contents: [String: [String]] = [:]
    /// The scenes of the cut that was begun last by clip name: the video's content and the bounds in ticks of its
    /// stream. The same scene has the same text whatever its clip is called and however it is written.
    public private(set) var scenes: [String: String] = [:]

    /// Reads what the folder says of the video file of this name.
    public init(of source: String, in folder: String) {
        self.folder = folder
        path = Path.join(Path.join(folder, ".scenes"), source + ".json")
        guard let old = try? Files.json(path), let text = old["fingerprint"]?.string else { return }
        fingerprint = text
        done = old["done"]?.array?.compactMap(\.string) ?? []
        scenes = Self.scenes(in: text, of: source)
        if let files = old["files"]?.object {
            for (name, values) in files.members { contents[name] = values.array?.compactMap(\.string) ?? [] }
        } else {
            // Of before contents were noted: of the clips that are not done nothing is known.
            scenes = scenes.filter { done.contains($0.key) }
            for name in done { contents[name] = content(Path.join(folder, name)).map { [$0] } }
        }
    }
    private static func scenes(in fingerprint: String, of source: String) -> [String: String] {
        let words = fingerprint.split(separator: " ")
        guard let identity = words.first?.split(separator: "-"), identity.count >= 2, let bounds = words.last else {
            return [:]
        }
        let all = bounds.split(separator: ","), content = "\(identity[0])-\(identity[identity.count - 1])"
        let clips = all.enumerated().map {
            (SceneSplitter.name(of: source, scene: $0 + 1, of: all.count), "\(content) \($1)")
        }
        return Dictionary(uniqueKeysWithValues: clips)
    }
    private func content(_ path: String) -> String? { (try? FileIdentity(path))?.content }

    // MARK: Asking

    /// Whether the file of a clip's name is one that a split wrote, and as it wrote it.
    public func wrote(_ name: String) -> Bool {
        guard let known = contents[name], let content = content(Path.join(folder, name)) else { return false }
        return known.contains(content)
    }
    /// The clips that a split of this plan would leave as they are. Throws `FileError`.
    public func kept(by file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options) throws -> Set<String> {
        guard !options.force, try Self.fingerprint(file, plan, options) == fingerprint else { return [] }
        return Set(done.filter(isDone))
    }
    func isDone(_ name: String) -> Bool { done.contains(name) && Files.exists(Path.join(folder, name)) }

    /// The scenes that the clips' names mean once a plan is begun, as `scenes` has them. Throws `FileError`.
    public static func scenes(
        of file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options
    ) throws -> [String: String] {
        scenes(in: try fingerprint(file, plan, options), of: Path.name(file.path))
    }

    // MARK: Keeping

    /// Copies the record into another folder, as it is on the disk. Throws `FileError`.
    public func copy(to folder: String) throws {
        if Files.exists(path) { try AtomicFile.write(Files.read(path), to: Path.join(folder, Path.name(path))) }
    }
    /// Makes a copy of a source's record that of a folder of clips. Throws `FileError`.
    public static func take(_ source: String, from copies: String, to folder: String) throws {
        let bytes = try Files.read(Path.join(copies, source + ".json"))
        try AtomicFile.write(bytes, to: Path.join(folder, ".scenes/\(source).json"))
    }

    // MARK: Writing

    /// From here on the clips' names mean the scenes of this plan. Nothing changes when they do so already.
    mutating func begin(_ file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options) throws {
        let next = try Self.fingerprint(file, plan, options)
        guard next != fingerprint else { return }
        (fingerprint, done, scenes) = (next, [], Self.scenes(in: next, of: Path.name(file.path)))
        contents = contents.filter { scenes[$0.key] != nil }
        try save()
    }
    /// The clip is about to become what the temporary file is.
    mutating func write(_ name: String, as temporary: String) throws {
        contents[name, default: []].append(try FileIdentity(temporary).content)
        done.removeAll { $0 == name }
        try save()
    }
    /// The clip is what was announced last.
    mutating func done(_ name: String) throws {
        done.append(name)
        contents[name] = contents[name].map { $0.suffix(1) }
        try save()
    }

    private static func fingerprint(
        _ file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options
    ) throws -> String {
        let how = options.copy ? "copy" : "crf \(options.crf) \(options.preset)"
        let scenes = plan.scenes.map { "\($0.startTimestamp)-\($0.endTimestamp)" }.joined(separator: ",")
        return "\(try FileIdentity(file.path).text) \(how) \(scenes)"
    }
    private func save() throws {
        try Files.makeFolder(Path.folder(path))
        let files = contents.sorted { $0.key < $1.key }.map { (key: $0, value: JSON.array($1.map(JSON.string))) }
        let record = JSONObject([
            ("fingerprint", .string(fingerprint)), ("done", .array(done.map(JSON.string))),
            ("files", .object(JSONObject(files))),
        ])
        try AtomicFile.write(JSON.object(record).text() + "\n", to: path)
    }
}
