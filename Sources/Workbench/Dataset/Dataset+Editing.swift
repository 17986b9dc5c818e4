import Base

// MARK: Bulk edits

extension Dataset {
    /// Rewrites every caption of the dataset or view; one step of undo. Returns how many changed.
    ///
    /// `rewrite` gets the caption (`""` for none) and returns the new one. Throws what it throws,
    /// or as `Clip.setCaption`.
    @discardableResult
    public func rewriteCaptions(_ title: String, _ rewrite: (Clip, String) throws -> String) throws -> Int {
        // The caller's code runs before the store is locked.
        let rewritten = try entries.map { id, entry in
            (id, from: entry.caption, to: try rewrite(Clip(store, id), entry.caption ?? ""))
        }
        return try setCaptions(title, rewritten)
    }

    /// Rewrites what a caller's pattern matches in each caption; clips without a caption are left alone.
    @discardableResult
    public func replace(_ substitute: (String) throws -> String) throws -> Int {
        try rewriteCaptions("replace") { _, caption in caption.isEmpty ? caption : try substitute(caption) }
    }
    /// Puts a text before every caption that does not begin with it; clips without a caption are left alone. Returns how
    /// many changed.
    @discardableResult
    public func prefix(_ text: String) throws -> Int {
        try rewriteCaptions("prefix") { $1.isEmpty || $1.hasPrefix(text) ? $1 : text + $1 }
    }
    /// Puts a text after every caption that does not end with it; clips without a caption are left alone. Returns how
    /// many changed.
    @discardableResult
    public func suffix(_ text: String) throws -> Int {
        try rewriteCaptions("suffix") { $1.isEmpty || $1.hasSuffix(text) ? $1 : $1 + text }
    }

    /// `from` is what the new text was made of: a caption that is another by now is not overwritten.
    func setCaptions(_ title: String, _ captions: [(id: Int, from: String?, to: String)]) throws -> Int {
        let changes = try captions.compactMap { id, old, new -> Change? in
            if (old ?? "").isIdentical(to: new) { return nil }
            try CaptionCharacters.check(new, of: "'\(Clip(store, id).name)'", from: old)
            return .caption(id, from: old, to: new)
        }
        return changes.isEmpty ? 0 : try store.edit(title) { _ in changes }
    }

    /// Takes the last step of the session back, whatever it was: an edit, all edits of one input line, a new cut. Returns
    /// what it was and what there is now, `nil` when there is none.
    public func undo(monitor: Monitor = Monitor()) throws -> String? { try store.undo(monitor) }
    /// Makes the last undone step again. Returns what it was, `nil` when there is none.
    public func redo(monitor: Monitor = Monitor()) throws -> String? { try store.redo(monitor) }
}

// MARK: Membership

extension Dataset {
    /// Adds a media file of the dataset's folder at the end. Returns its clip.
    ///
    /// Throws `DatasetError.outside` for a file elsewhere, `.duplicate` for one that is in already, `.unknownFile` for
    /// one that is not media, `FileError.missing`.
    @discardableResult
    public func add(_ path: String, caption: String? = nil) throws -> Clip {
        // A bare name means a file of the dataset's folder before one of the working directory.
        let inFolder = Path.join(folder, path)
        let absolute = !path.hasPrefix("/") && Files.exists(inFolder) ? inFolder : Path.absolute(path)
        let name = try store.inside(absolute)
        guard Files.exists(absolute) else { throw FileError.missing(path) }
        guard MediaKind(absolute) != nil else { throw DatasetError.unknownFile(path) }
        if let caption { try CaptionCharacters.check(caption, of: "'\(Path.name(name))'", from: nil) }
        return Clip(store, try store.edit(adding: MetadataEntry(mediaPath: name, caption: caption)))
    }
    /// Takes a clip, counted from 1, out of the dataset. The media file stays.
    /// Throws as `clip(_:)` and `Clip.setCaption`.
    public func remove(_ number: Int) throws { try remove(try clip(number)) }
    /// Takes a clip out of the dataset. The media file stays.
    public func remove(_ clip: Clip) throws {
        guard clip.store === store else {
            throw DatasetError.noClip("'\(clip.name)'", count: count, hint: " (that clip belongs to another dataset)")
        }
        try store.edit("remove \(clip.name)") { state in
            state.order.firstIndex(of: clip.id).map { [.remove(clip.id, at: $0)] } ?? []
        }
    }
}
