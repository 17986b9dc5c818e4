import Base

// MARK: The editor

extension Dataset {
    /// Lets a person edit a text and gives what was saved to `accept`, whose result it returns. The name is for the
    /// person's eyes. What it throws is passed on; where `accept` throws, the person's text should not be lost.
    public typealias Editor = (_ text: String, _ name: String, _ accept: (String) throws -> Int) throws -> Int

    /// Opens one clip's caption in the editor and takes what was saved. Returns how many captions changed.
    ///
    /// Throws `DatasetError.noClip`, as the editor, and to the editor as `Clip.setCaption`.
    @discardableResult
    public func editCaption(_ number: Int, with edit: Editor) throws -> Int {
        let clip = try clip(number)
        try store.claim()  // not after all that typing
        let caption = clip.caption, old = caption ?? ""
        return try edit(old.isEmpty ? "" : old + "\n", Path.stem(clip.name)) { text in
            // Editors end a file with a line break, whether the caption has one or not.
            let new = text.hasSuffix("\n") ? String(text.dropLast()) : text
            return try setCaptions("edit \(clip.name)", [(clip.id, from: caption, to: new)])
        }
    }

    /// Opens all captions of the dataset or view as one text with a heading a clip. Returns how many changed.
    ///
    /// What comes back is read strictly: a heading that is missing, doubled or changed is an error with its line,
    /// and nothing changes then. Throws as `editCaption`.
    @discardableResult
    public func editCaptions(with edit: Editor) throws -> Int {
        try store.claim()
        let entries = entries
        let items = entries.map {
            CaptionDocument.Item(name: Path.name($0.entry.mediaPath), caption: $0.entry.caption ?? "")
        }
        return try edit(CaptionDocument.text(items), "captions") { text in
            let captions = try CaptionDocument.parse(text, items)
            return try setCaptions("edit", zip(entries, captions).map { ($0.id, from: $0.entry.caption, to: $1) })
        }
    }
}
