import Base
import Media

/// Keeps captions with their scenes when videos are cut again: clips are named by number, so another cut gives the same
/// names to other scenes.
///
/// Whatever interrupts it, no caption stands for another scene, and the next split goes on. What was said of scenes
/// that lose their clips is kept by scene; the clips go; the metadata forgets their names; only then the record says
/// that the names mean other scenes (`SplitRecord`), the clips are written, and what was kept is said of them. Each of
/// these is on the disk before the next begins and does no harm when it is done twice.
struct SceneCaptions {
    let scenes: Dataset
    private let monitor: Monitor
    /// Captions whose scenes have lost their clips in this split, by source and scene.
    private var parted: Set<String> = []
    private var moved = 0, returned = 0, stepsGone = 0

    private var folder: String { scenes.folder }
    private var aside: SetAside { SetAside(folder: folder) }

    /// `scenes` must be ours to edit.
    init(_ scenes: Dataset, _ monitor: Monitor) { (self.scenes, self.monitor) = (scenes, monitor) }

    // MARK: Before the clips are written

    /// Afterwards the names of the new cut's clips stand for nothing, or for the scenes that they are to have.
    mutating func clear(for file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options) throws {
        // Later on a fold would write texts for clips that have gone.
        try scenes.fold()
        let source = Path.name(file.path), record = SplitRecord(of: source, in: folder)
        let planned = try SplitRecord.scenes(of: file, plan, options), present = try clips(of: source)
        let written = Set(planned.keys).subtracting(try record.kept(by: file, plan, options))
        let strangers = present.union(written).filter { name in
            if !written.contains(name), planned[name] != nil { return false }
            if present.contains(name) { return !record.wrote(name) }
            // Said of a clip that is not there any more, and nobody knows which scene it was.
            return record.scenes[name] == nil && (!isBlank(name) || Files.exists(Sidecars.path(of: name, in: folder)))
        }
        let former = record.scenes.filter { planned[$0.key] != $0.value && !strangers.contains($0.key) }
        try keep(former, of: source)
        // A clip whose name is needed can be made again as long as its source is what it was.
        let replaced = former.filter { name, scene in
            planned[name].map { Self.content($0) == Self.content(scene) } ?? false
        }
        try takeAway(former, replaced: Set(replaced.keys), of: source)
        for name in strangers.sorted() { try aside.move(name, caption: entries(name).compactMap(\.caption).first) }
        if !strangers.isEmpty {
            let clips =
                strangers.count == 1 ? "1 clip of the same name was" : "\(strangers.count) clips of the same names were"
            monitor.note(
                "\(clips) not made by splitting \(source): now in \(aside.place), what was said of them in .txt files there"
            )
        }
        try forget(strangers.union(former.keys))
    }
    private mutating func keep(_ former: [String: String], of source: String) throws {
        guard !former.isEmpty else { return }
        var kept = try KeptScenes(of: source, in: folder)
        let removed = scenes.store.read(\.removed)
        for (name, scene) in former {
            if var entry = entries(name).first(where: { !$0.isBlank }) {
                // It was made of the clip's file, which goes.
                if Path.stem(entry.reference ?? "") == Path.stem(name) + "_reference" { entry.reference = nil }
                if entry.isBlank { continue }
                kept[scene] = KeptScenes.Scene(entry: entry)
                if entry.isCaptioned { parted.insert("\(source) \(scene)") }
            } else if removed.contains(name) {
                var known = kept[scene] ?? KeptScenes.Scene(entry: MetadataEntry(mediaPath: ""))
                known.isRemoved = true
                kept[scene] = known
            }
        }
        try kept.save()
    }
    /// Clips of an earlier cut make room: those that are made again go, the others are set aside.
    private func takeAway(_ former: [String: String], replaced: Set<String>, of source: String) throws {
        var moved = 0
        for name in former.keys.sorted() {
            let isThere = Files.exists(Path.join(folder, name))
            if isThere, replaced.contains(name) {
                // The text first: without its clip it would be taken for the next one's.
                if scenes.format == .sidecars { Files.remove(Sidecars.path(of: name, in: folder)) }
                Files.remove(Path.join(folder, name))
            } else if isThere || Files.exists(Sidecars.path(of: name, in: folder)) {
                try aside.move(name, caption: entries(name).compactMap(\.caption).first)
                if isThere { moved += 1 }
            }
        }
        if moved > 0 {
            let clips =
                moved == 1
                ? "1 clip of an earlier cut of \(source) is" : "\(moved) clips of an earlier cut of \(source) are"
            monitor.note("\(clips) now in \(aside.place)")
        }
    }
    private mutating func forget(_ names: Set<String>) throws {
        guard !names.isEmpty else { return }
        try AtomicFile.synchronize(folder, naming: folder)
        stepsGone += try scenes.store.forget(names.union(names.map { "./" + $0 }))
    }

    // MARK: After that

    /// What was kept of the scenes whose clips are there is said of them; `written` are the clips of a split that was
    /// not interrupted.
    mutating func restore(
        for file: VideoFile, _ plan: ScenePlan, _ options: SceneSplitter.Options, written: [String]? = nil
    ) throws {
        let source = Path.name(file.path), planned = try SplitRecord.scenes(of: file, plan, options)
        if let written {
            // Of scenes that cannot be copied, clips of an earlier cut may be there.
            let missing = planned.filter { !written.contains($0.key) && Files.exists(Path.join(folder, $0.key)) }
            try keep(missing, of: source)
            try takeAway(missing, replaced: [], of: source)
            try forget(Set(missing.keys))
        }
        var kept = try KeptScenes(of: source, in: folder)
        guard planned.values.contains(where: { kept[$0] != nil }) else { return }
        try scenes.store.refresh()
        let state = scenes.store.state
        let there = planned.filter { name, scene in
            kept[scene] != nil && Files.exists(Path.join(folder, name))
                && (state.id(ofPath: name) != nil || state.removed.contains(name))
        }
        var entries: [MetadataEntry] = [], removed: Set<String> = []
        for (name, scene) in there {
            guard var known = kept[scene] else { continue }
            if known.isRemoved { removed.insert(name) }
            known.entry.mediaPath = name
            entries.append(known.entry)
        }
        let restored = try scenes.store.restore(entries, removed: removed)
        for (name, scene) in there {
            if restored.contains(name), kept[scene]?.entry.isCaptioned ?? false {
                if parted.remove("\(source) \(scene)") == nil { returned += 1 } else { moved += 1 }
            }
            kept[scene] = nil
        }
        try kept.save()
    }

    /// Says what became of the captions.
    func report() {
        func captions(_ count: Int, _ one: String, _ several: String) {
            if count > 0 { monitor.note(count == 1 ? "1 caption \(one)" : "\(count) captions \(several)") }
        }
        captions(moved, "went along with its scene", "went along with their scenes")
        captions(returned, "came back with its scene", "came back with their scenes")
        captions(
            parted.count, "is of a scene that has no clip now; it comes back when the scene is cut again",
            "are of scenes that have no clips now; they come back when these scenes are cut again")
        if stepsGone > 0 { monitor.note("earlier edits of the clips that were cut again cannot be undone any more") }
    }

    // MARK: Parts

    /// The files that are named as a source's clips are.
    private func clips(of source: String) throws -> Set<String> {
        let prefix = Path.stem(source) + "-Scene-"
        return Set(
            try Files.list(folder).filter { name in
                name.hasPrefix(prefix) && name.hasSuffix(".mp4")
                    && name.dropFirst(prefix.count).dropLast(4).allSatisfy(\.isNumber)
            })
    }
    /// The video's content, of a scene.
    private static func content(_ scene: String) -> Substring { scene.prefix { $0 != " " } }
    /// What the metadata says of a file of the folder.
    private func entries(_ name: String) -> [MetadataEntry] {
        scenes.store.read { state in
            [name, "./" + name].flatMap { state.same($0) }.map { state.records[$0].entry }
        }
    }
    private func isBlank(_ name: String) -> Bool { entries(name).allSatisfy(\.isBlank) }
}
