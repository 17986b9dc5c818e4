import Base

// MARK: The editor

extension Dataset {
    /// Opens one clip's caption in `$VISUAL` or `$EDITOR` and takes what was saved. Returns how many captions changed.
    ///
    /// Throws `DatasetError.noClip`, `DatasetError.editor`, and as `Clip.setCaption`; a text that could not be taken is
    /// kept in a file that the error names.
    @discardableResult
    public func editCaption(_ number: Int) throws -> Int {
        let clip = try clip(number)
        try store.claim()  // not after all that typing
        let caption = clip.caption, old = caption ?? ""
        return try TextEditor.edit(old.isEmpty ? "" : old + "\n", named: Path.stem(clip.name)) { text in
            // Editors end a file with a line break, whether the caption has one or not.
            let new = text.hasSuffix("\n") ? String(text.dropLast()) : text
            return try setCaptions("edit \(clip.name)", [(clip.id, from: caption, to: new)])
        }
    }

    /// Opens all captions of the dataset or view as one text with a heading a clip. Returns how many changed.
    ///
    /// What comes back is read strictly: a heading that is missing, doubled or changed is an error with its line,
    /// nothing changes then, and the text is kept in a file that the error names.
    @discardableResult
    public func editCaptions() throws -> Int {
        try store.claim()
        let entries = entries
        let items = entries.map {
            CaptionDocument.Item(name: Path.name($0.entry.mediaPath), caption: $0.entry.caption ?? "")
        }
        return try TextEditor.edit(CaptionDocument.text(items), named: "captions") { text in
            let captions = try CaptionDocument.parse(text, items)
            return try setCaptions("edit", zip(entries, captions).map { ($0.id, from: $0.entry.caption, to: $1) })
        }
    }
}
