import Base
import Glibc

/// Writes the scenes of a plan as clips, each of which appears whole or not at all.
public enum SceneSplitter {
    /// How clips are written.
    public struct Options: Sendable, Hashable {
        /// Copy at key frames instead of re-encoding: fast and lossless, but cuts move back to key frames.
        public var copy = false
        /// x264's constant quality, 0 to 51.
        public var crf = 22
        /// x264's speed preset.
        public var preset = "veryfast"
        /// Write clips again that an earlier run with the same plan has completed.
        public var force = false

        /// Upstream's settings.
        public init() {}

        /// Throws `MediaError.option` for a value out of its range.
        public func validate() throws {
            guard (0...51).contains(crf) else {
                throw MediaError.option(name: "crf", value: "\(crf)", allowed: "from 0 to 51")
            }
            guard VideoWriter.presets.contains(preset) else {
                let allowed = "one of \(VideoWriter.presets.joined(separator: ", "))"
                throw MediaError.option(name: "preset", value: "'\(preset)'", allowed: allowed)
            }
        }
    }

    /// A clip of a plan.
    public struct Clip: Sendable {
        /// The file, and the scene in it.
        public let path: String, scene: Scene
        /// False when an earlier run with the same plan had written it.
        public let isNew: Bool
    }

    /// `<stem>-Scene-NNN.mp4`, counted from 1, at least three digits: PySceneDetect's names.
    public static func name(of file: VideoFile, scene number: Int, of count: Int) -> String {
        name(of: file.path, scene: number, of: count)
    }
    static func name(of source: String, scene number: Int, of count: Int) -> String {
        let digits = max(3, String(count).count), text = String(number)
        let zeros = String(repeating: "0", count: max(0, digits - text.count))
        return "\(Path.stem(source))-Scene-\(zeros)\(text).mp4"
    }

    /// Writes the plan's scenes into a folder, which is made. A run that was stopped goes on where it stopped; clips of
    /// the same source, plan and options that are complete are kept, other files of the clips' names replaced.
    ///
    /// Reports clips done to the monitor. Throws `MediaError`, `FileError`, or `Cancelled` with all finished clips kept.
    public static func split(
        _ file: VideoFile, _ plan: ScenePlan, into folder: String, _ options: Options = Options(),
        _ monitor: Monitor? = nil
    ) throws -> [Clip] {
        try options.validate()
        try Files.makeFolder(folder)
        var record = SplitRecord(of: Path.name(file.path), in: folder)
        try record.begin(file, plan, options)
        let transcoder = ClipTranscoder(file: file, options: options)
        let copier = options.copy ? try ClipCopier(file) : nil
        let whole = Double(max(1, plan.scenes.reduce(0) { $0 + $1.frames }))
        var clips: [Clip] = [], joined: [String] = [], before = 0
        for (place, scene) in plan.scenes.enumerated() {
            defer { before += scene.frames }
            let name = name(of: file, scene: place + 1, of: plan.scenes.count), path = Path.join(folder, name)
            if !options.force, record.isDone(name) {
                clips.append(Clip(path: path, scene: scene, isNew: false))
                joined = []
                continue
            }
            let (made, start) = (clips.count, before)
            func report(_ pictures: Int) {
                let share = Double(start + min(pictures, scene.frames)) / whole
                monitor?.report(
                    Progress("splitting", made, of: plan.scenes.count, "clips", [("clip", name)], share: share))
            }
            report(0)
            try monitor?.checkpoint()
            let next = place + 1 < plan.scenes.count ? plan.scenes[place + 1] : nil
            let part = copier?.part(scene, before: next)
            if copier != nil, part == nil {
                joined.append(name)
                continue
            }
            do {
                try AtomicFile.replace(path) { temporary in
                    if let copier, let part {
                        _ = try copier.write(part, naming: path, at: temporary, monitor)
                    } else {
                        _ = try transcoder.write(scene, naming: path, at: temporary, monitor, report)
                    }
                    // Before the clip is in place, so that it is never taken for a file of somebody else.
                    try record.write(name, as: temporary)
                }
            } catch is ClipCopier.NothingToCopy {
                monitor?.note("\(name) is left out: no picture of it can be copied (split without 'copy' to have it)")
                continue
            }
            try record.done(name)
            clips.append(Clip(path: path, scene: scene, isNew: true))
            if !joined.isEmpty {
                let last = joined[joined.count - 1], link = joined.count == 2 ? "and" : "to"
                let are = joined.count == 1 ? "\(last) is" : "\(joined[0]) \(link) \(last) are"
                monitor?.note("\(are) joined with \(name), no key frame between (without copy=true they are parted)")
                joined = []
            }
        }
        monitor?.report(Progress("splitting", clips.count, of: clips.count, "clips"))
        return clips
    }
}
