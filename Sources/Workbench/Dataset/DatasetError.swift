import Base

/// What can be wrong with a dataset, its metadata file or an edit of it.
public enum DatasetError: UserError {
    /// A folder without media and without metadata.
    case empty(String, folders: [String])
    /// A dataset or view in which there is nothing to cut into scenes.
    case noVideos(String, images: Int)
    /// A file that is neither media nor metadata.
    case unknownFile(String)
    /// A name to save under that is of no metadata format.
    case unknownFormat(String)
    /// A metadata file that cannot be read; `line` is 1-based.
    case malformed(String, line: Int?, reason: String)
    /// A table without the columns that hold the media's path.
    case columns(String, found: [String])
    /// A format that cannot hold what is to be written.
    case cannotHold(String, format: String, reason: String)
    /// Another process edits the dataset.
    case locked(String, holder: String)
    /// The dataset cannot be changed here, and why.
    case readOnly(String, reason: String)
    /// The folder is not where it was opened, or another one is there. `to` is where it is now, `journal` the name of the
    /// file in it that has the edits.
    case moved(String, to: String?, journal: String)
    /// A media path that leaves the dataset's folder.
    case outside(String, folder: String)
    /// No clip of this name or index.
    case noClip(String, count: Int, hint: String)
    /// The clip was taken out of the dataset, here or by another shell.
    case gone(String)
    /// The clip is in the dataset already.
    case duplicate(String)
    /// What an edit started from is not what is there: another shell, or a job, was faster. `now` says what is there,
    /// `step` is what was to be undone or redone.
    case changed(String, count: Int, now: String, step: String?)
    /// A caption with a character that no one reads: a key that was pressed where there is no line editing, a NUL.
    case controlCharacter(String, code: UInt32, column: Int)
    /// The edited text does not have the shape it was given in.
    case document(line: Int, reason: String)
    /// An option's value is out of its range.
    case option(String, reason: String)
    /// None of several clips can be read, or a call that was to be strict met them: a sentence each.
    case unreadable([String])
    /// The media cannot be read; `reason` is the library's sentence.
    case media(String, reason: String)

    /// Stable: scripts test it.
    public var kind: String {
        switch self {
        case .empty, .noVideos: "dataset.empty"
        case .unknownFile, .unknownFormat: "dataset.unknown_file"
        case .malformed: "dataset.malformed"
        case .columns: "dataset.columns"
        case .cannotHold: "dataset.format"
        case .locked: "dataset.locked"
        case .readOnly: "dataset.read_only"
        case .moved: "dataset.moved"
        case .outside: "dataset.outside"
        case .noClip, .gone: "dataset.no_clip"
        case .duplicate: "dataset.duplicate"
        case .changed: "dataset.changed"
        case .controlCharacter: "dataset.caption"
        case .document: "dataset.document"
        case .option: "option.value"
        case .media, .unreadable: "media.unreadable"
        }
    }
    /// The file it is about.
    public var path: String? {
        switch self {
        case .empty(let path, _), .noVideos(let path, _), .unknownFile(let path), .unknownFormat(let path),
            .malformed(let path, _, _),
            .columns(let path, _),
            .cannotHold(let path, _, _), .locked(let path, _), .readOnly(let path, _), .outside(let path, _),
            .duplicate(let path), .gone(let path), .media(let path, _), .changed(let path, _, _, _),
            .moved(let path, _, _):
            path
        case .noClip, .option, .document, .controlCharacter, .unreadable: nil
        }
    }
    /// The option it is about.
    public var key: String? {
        if case .option(let name, _) = self { name } else { nil }
    }
    /// One sentence with the value, its place and the way out.
    public var description: String {
        switch self {
        case .empty(let path, let folders):
            "no videos, images or captions in '\(path)'"
                + (folders.isEmpty ? "" : "; it holds the folders \(folders.prefix(5).joined(separator: ", "))")
        case .noVideos(let path, let images):
            "there is no video to split in '\(path)'"
                + (images == 0 ? "" : ", only \(counted(images, "image"))")
        case .unknownFile(let path):
            "'\(path)' is neither media (mp4, mov, mkv, webm, png, jpg …) nor metadata (.json, .jsonl, .csv, .txt)"
        case .unknownFormat(let path): "'\(path)' is no metadata file; its name must end in .json, .jsonl, .csv or .txt"
        case .malformed(let path, let line, let reason):
            "'\(path)'\(line.map { " line \($0)" } ?? ""): \(reason)"
        case .columns(let path, let found):
            "'\(path)' has no column with the media's path; it has \(found.joined(separator: ", ")),"
                + " one of \(MetadataLayout.mediaColumns.joined(separator: ", ")) is needed"
        case .cannotHold(let path, let format, let reason):
            "'\(path)' (\(format)) cannot hold this: \(reason); save the dataset as .json and open that"
        case .locked(let path, let holder):
            "'\(path)' is being edited by \(holder); this shell can only read it until that one closes it"
        case .readOnly(let path, let reason): "'\(path)' cannot be changed: \(reason)"
        case .moved(let path, let place, let journal):
            "the folder '\(path)' was moved or replaced after it was opened, and nothing is written there; "
                + (place.map { place in
                    Files.exists(Path.join(place, journal))
                        ? "unsaved edits are in '\(Path.join(place, journal))': close this dataset and open '\(place)'"
                        : "close this dataset and open '\(place)'"
                } ?? "the one that was opened was deleted")
        case .outside(let path, let folder):
            "'\(path)' is outside the dataset's folder '\(folder)'; copy or link it into that folder"
        case .noClip(let name, let count, let hint):
            "no clip \(name): the dataset has \(counted(count, "clip"))\(hint)"
        case .duplicate(let path): "'\(path)' is in the dataset already"
        case .changed(let path, let count, let now, let step):
            "\(now)\(count > 1 ? " (and \(count - 1) more)" : ""), for '\(path)' was changed meanwhile by another shell"
                + " or job; nothing was overwritten, "
                + (step.map { "but '\($0)' cannot be undone or redone any more" } ?? "look again and repeat")
        case .gone(let name):
            "'\(name)' is not in the dataset any more: it was removed here (undo() brings it back), or became another clip"
        case .controlCharacter(let name, let code, let column):
            "the caption of \(name) would hold a control character (\(Self.name(code)), at character \(column)), which no model "
                + "reads; nothing was changed"
        case .document(let line, let reason):
            "line \(line) of the edited text: \(reason); nothing was changed"
        case .option(let name, let reason): "'\(name)' \(reason)"
        case .unreadable(let reasons):
            "\(reasons.count) clips cannot be read: \(reasons.prefix(20).joined(separator: "; "))"
                + (reasons.count > 20 ? "; and \(reasons.count - 20) more" : "")
        case .media(let path, let reason): "cannot read '\(path)': \(reason)"
        }
    }

    private static func name(_ code: UInt32) -> String {
        switch code {
        case 0: "NUL"
        case 0x0D: "a carriage return"
        case 0x1B: "ESC, as an arrow key sends it"
        default:
            "U+" + String(repeating: "0", count: max(0, 4 - String(code, radix: 16).count))
                + String(code, radix: 16, uppercase: true)
        }
    }
}
