import Base
import Glibc
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

    /// The clips of earlier cuts that have gone, for undo.
    private(set) var replaced: [Recut.Part] = []

    private func folder(_ place: ScenePlace) -> String { place.folder(in: scenes.folder) }
    private func aside(_ place: ScenePlace) -> SetAside { SetAside(folder: folder(place)) }

    /// `scenes` must be ours to edit.
    init(_ scenes: Dataset, _ monitor: Monitor) { (self.scenes, self.monitor) = (scenes, monitor) }

    // MARK: Before the clips are written

    /// Afterwards the names of the new cut's clips stand for nothing, or for the scenes that they are to have.
    mutating func clear(for source: SceneSource, _ plan: ScenePlan, _ options: SceneSplitter.Options) throws {
        // Later on a fold would write texts for clips that have gone.
        try scenes.fold()
        let place = source.place, folder = folder(place), record = SplitRecord(of: place.name, in: folder)
        let planned = try SplitRecord.scenes(of: source.file, plan, options), present = try clips(of: place)
        let written = Set(planned.keys).subtracting(try record.kept(by: source.file, plan, options))
        let strangers = present.union(written).filter { name in
            if !written.contains(name), planned[name] != nil { return false }
            if present.contains(name) { return !record.wrote(name) }
            // Said of a clip that is not there any more, and nobody knows which scene it was.
            return record.scenes[name] == nil
                && (!isBlank(place.path(name)) || Files.exists(Sidecars.path(of: name, in: folder)))
        }
        let former = record.scenes.filter { planned[$0.key] != $0.value && !strangers.contains($0.key) }
        if !former.isEmpty, let part = Recut.Part(former, of: place, in: scenes.folder, record) {
            replaced.append(part)
        }
        try keep(former, of: place)
        // A clip whose name is needed can be made again as long as its source is what it was.
        let remade = former.filter { name, scene in
            planned[name].map { Self.content($0) == Self.content(scene) } ?? false
        }
        try takeAway(former, replaced: Set(remade.keys), of: place)
        for name in strangers.sorted() { try setAside(name, of: place) }
        if !strangers.isEmpty {
            let clips = counted(strangers.count, "clip of the same name was", "clips of the same names were")
            monitor.note(
                "\(clips) not made by splitting \(place.label): now in \(aside(place).place), what was said of them in .txt files there"
            )
        }
        try forget(strangers.union(former.keys), of: place)
    }
    private mutating func keep(_ former: [String: String], of place: ScenePlace) throws {
        guard !former.isEmpty else { return }
        var kept = try KeptScenes(of: place.name, in: folder(place))
        let removed = scenes.store.read(\.removed)
        for (name, scene) in former {
            if var entry = entries(place.path(name)).first(where: { !$0.isBlank }) {
                // It was made of the clip's file, which goes.
                if Path.stem(entry.reference ?? "") == Path.stem(name) + "_reference" { entry.reference = nil }
                if entry.isBlank { continue }
                kept[scene] = KeptScenes.Scene(entry: entry)
                if entry.isCaptioned { parted.insert("\(place.label) \(scene)") }
            } else if removed.contains(place.path(name)) {
                var known = kept[scene] ?? KeptScenes.Scene(entry: MetadataEntry(mediaPath: ""))
                known.isRemoved = true
                kept[scene] = known
            }
        }
        try kept.save()
    }
    /// Clips of an earlier cut make room: those that are made again go, the others are set aside.
    private func takeAway(_ former: [String: String], replaced: Set<String>, of place: ScenePlace) throws {
        let folder = folder(place)
        var moved = 0, captioned = 0
        for name in former.keys.sorted() {
            let isThere = Files.exists(Path.join(folder, name))
            if isThere, replaced.contains(name) {
                // The text first: without its clip it would be taken for the next one's.
                if scenes.format == .sidecars { Files.remove(Sidecars.path(of: name, in: folder)) }
                Files.remove(Path.join(folder, name))
            } else if isThere || Files.exists(Sidecars.path(of: name, in: folder)) {
                if isThere { moved += 1 }
                if isThere, entries(place.path(name)).contains(where: \.isCaptioned) { captioned += 1 }
                try setAside(name, of: place)
            }
        }
        if moved > 0 {
            let clips = "\(counted(moved, "clip")) of an earlier cut of \(place.label) \(moved == 1 ? "is" : "are")"
            let texts = captioned == 0 ? "" : ", " + counted(captioned, "caption with it", "captions with them")
            monitor.note("\(clips) now in \(aside(place).place)\(texts)")
        }
    }
    private func setAside(_ name: String, of place: ScenePlace) throws {
        try aside(place).move(name, caption: entries(place.path(name)).compactMap(\.caption).first)
    }
    private mutating func forget(_ names: Set<String>, of place: ScenePlace) throws {
        guard !names.isEmpty else { return }
        if Files.isFolder(folder(place)) { try AtomicFile.synchronize(folder(place), naming: folder(place)) }
        stepsGone += try scenes.store.forget(Set(names.map(place.path)))
    }

    // MARK: After that

    /// What was kept of the scenes whose clips are there is said of them; `written` are the clips of a split that was
    /// not interrupted.
    mutating func restore(
        for source: SceneSource, _ plan: ScenePlan, _ options: SceneSplitter.Options, written: [String]? = nil
    ) throws {
        let place = source.place, folder = folder(place)
        let planned = try SplitRecord.scenes(of: source.file, plan, options)
        if let written {
            // Of scenes that cannot be copied, clips of an earlier cut may be there.
            let missing = planned.filter { !written.contains($0.key) && Files.exists(Path.join(folder, $0.key)) }
            try keep(missing, of: place)
            try takeAway(missing, replaced: [], of: place)
            try forget(Set(missing.keys), of: place)
        }
        try restore(planned, of: place)
    }
    private mutating func restore(_ planned: [String: String], of place: ScenePlace) throws {
        let folder = folder(place)
        if !place.below.isEmpty {
            // No dataset finds clips in folders below its own by itself.
            let there = planned.keys.sorted().filter { Files.exists(Path.join(folder, $0)) }
            try scenes.store.list(there.map(place.path))
        }
        var kept = try KeptScenes(of: place.name, in: folder)
        guard planned.values.contains(where: { kept[$0] != nil }) else { return }
        try scenes.store.refresh()
        let state = scenes.store.state
        let there = planned.filter { name, scene in
            kept[scene] != nil && Files.exists(Path.join(folder, name))
                && (state.id(ofPath: place.path(name)) != nil || state.removed.contains(place.path(name)))
        }
        var entries: [MetadataEntry] = [], removed: Set<String> = []
        for (name, scene) in there {
            guard var known = kept[scene] else { continue }
            if known.isRemoved { removed.insert(place.path(name)) }
            known.entry.mediaPath = place.path(name)
            entries.append(known.entry)
        }
        let restored = try scenes.store.restore(entries, removed: removed)
        for (name, scene) in there {
            if restored.contains(place.path(name)), kept[scene]?.entry.isCaptioned ?? false {
                if parted.remove("\(place.label) \(scene)") == nil { returned += 1 } else { moved += 1 }
            }
            kept[scene] = nil
        }
        try kept.save()
    }

    // MARK: Taking back

    /// Puts the clips of another cut in the place of those that are there. What is said of either is kept by scene. Returns
    /// what takes that back. The order is that of a split, so that nothing stands for another scene meanwhile.
    mutating func swap(_ part: Recut.Part) throws -> Recut.Part {
        try scenes.fold()
        let place = part.place, folder = folder(place), record = SplitRecord(of: place.name, in: folder)
        let now = record.scenes.filter { part.scenes[$0.key] != $0.value }, kept = Recut.newFolder(in: folder)
        try keep(now, of: place)
        try Files.makeFolder(kept)
        try record.copy(to: kept)
        for name in now.keys {
            let clip = Path.join(folder, name)
            if scenes.format == .sidecars { Files.remove(Sidecars.path(of: name, in: folder)) }
            guard Files.exists(clip) else { continue }
            if record.wrote(name) {
                guard rename(clip, Path.join(kept, name)) == 0 else { throw FileError.last("move", clip) }
            } else {
                try setAside(name, of: place)
            }
        }
        try forget(Set(now.keys).union(part.clips.keys), of: place)
        try SplitRecord.take(place.name, from: part.folder, to: folder)
        for name in part.clips.keys {
            let clip = Path.join(folder, name), other = Path.join(part.folder, name)
            guard Files.exists(other) else { continue }
            guard rename(other, clip) == 0 else { throw FileError.last("move", other) }
            try aside(place).remove(twinOf: clip)
        }
        try restore(part.scenes, of: place)
        return Recut.Part(now, of: place, in: kept, scenes: record.scenes)
    }

    /// Says what became of the captions.
    func report() {
        let hidden = Path.join(scenes.folder, ".scenes")
        func captions(_ count: Int, _ one: String, _ several: String) {
            if count > 0 { monitor.note(counted(count, "caption \(one)", "captions \(several)")) }
        }
        captions(moved, "went along with its scene", "went along with their scenes")
        captions(returned, "came back with its scene", "came back with their scenes")
        captions(
            parted.count, "is of a scene that has no clip now, and kept in \(hidden); it comes back with the scene",
            "are of scenes that have no clips now, and kept in \(hidden); they come back with their scenes")
        if stepsGone > 0 { monitor.note("earlier edits of the clips that were cut again cannot be undone any more") }
    }

    // MARK: Parts

    /// The files that are named as a source's clips are.
    private func clips(of place: ScenePlace) throws -> Set<String> {
        let prefix = Path.stem(place.name) + "-Scene-", folder = folder(place)
        guard Files.isFolder(folder) else { return [] }
        return Set(
            try Files.list(folder).filter { name in
                name.hasPrefix(prefix) && name.hasSuffix(".mp4")
                    && name.dropFirst(prefix.count).dropLast(4).allSatisfy(\.isNumber)
            })
    }
    /// The video's content, of a scene.
    private static func content(_ scene: String) -> Substring { scene.prefix { $0 != " " } }
    /// What the metadata says of a file.
    private func entries(_ path: String) -> [MetadataEntry] {
        scenes.store.read { state in state.same(path).map { state.records[$0].entry } }
    }
    private func isBlank(_ path: String) -> Bool { entries(path).allSatisfy(\.isBlank) }
}
