import Base
import LuaKit
import Media
import Workbench

extension Dataset: LuaObject {
    /// See `LuaObject`.
    public static var luaClass: LuaClass<Dataset> {
        LuaClass("An ordered list of clips with captions, kept in one metadata file; or a view of one.") {
            $0.function(
                "open",
                "Opens a project, a folder of media, a metadata file (json, jsonl, csv, txt) or one media file.",
                .path("path", "such as \"train_date/APT\": its name becomes the trigger word"),
                .session, example: "ds = Dataset.open(\"train_date/APT\")"
            ) { path, session in
                try ForegroundWork.run(progress: false) {
                    try Dataset.open(path, among: session.datasets, monitor: $0)
                }
            }
            declareProperties($0)
            declareViews($0)
            declareEditing($0)
            declareScenes($0)
            declareCare($0)
            declareTools($0)
            $0.subscripts { dataset, place in dataset.clipIfThere(place) }
            $0.namedSubscripts(members: { $0.clips.map { MemberInfo($0.name) } }) { dataset, name in
                try clip(name, of: dataset)
            }
            $0.length { $0.count }
            $0.equality { $0 == $1 }
            $0.description { $0.lines(.text).joined(separator: "\n") }
            $0.closing { try $0.close() }
            $0.example("ds = Dataset.open(\"train_date/APT\"); scenes = ds:split{ detector = \"adaptive\" }")
            $0.example("for i, clip in ipairs(ds:uncaptioned()) do print(i, clip.name) end")
        }
    }

    private static func declareProperties(_ it: LuaClass<Dataset>) {
        it.property("path", "The folder or file that was opened, absolute.") { $0.path }
        it.property(
            "trigger", "The word that preprocessing puts before captions; nil goes back to the project's name.",
            .optional(.string)
        ) {
            $0.trigger
        } set: {
            try $0.setTrigger($1)
        }
        it.property("project", "The project's name; nil outside train_date.") { $0.project }
        it.property("metadata", "The file that holds the captions.") { $0.metadataPath }
        it.property("locked_by", "Why the dataset cannot be edited now; nil when it can.") { $0.obstacle?.description }
    }

    private static func declareViews(_ it: LuaClass<Dataset>) {
        it.method(
            "slice", "The clips from one place to another; negative places count from the end.",
            .integer("first", "place of the first clip"), .integer("last", "place of the last clip", default: -1),
            example: "ds:slice(1, 10):edit()"
        ) { $0.slice($1, $2) }
        it.method(
            "filter", "The clips that a function says true for.",
            .callback("test", "called with each clip", "fun(clip: Clip): boolean"),
            example: "long = ds:filter(function(clip) return clip.duration > 3 end)"
        ) { dataset, test in try dataset.filter { try test.call($0.luaValue).isTrue } }
        it.method(
            "sorted", "The clips in another order: by a field, or by a function that says whether a comes before b.",
            Arg(
                "by", .either(.choice(ClipField.self), .callback("fun(a: Clip, b: Clip): boolean")), "field or function"
            ),
            .bool("reverse", "largest first, for a field", default: false).named,
            example: "ds:sorted(\"duration\", { reverse = true })"
        ) { dataset, by, isReversed in
            switch by {
            case .first(let field): dataset.sorted(by: field, isReversed: isReversed)
            case .second(let before): try dataset.sorted { try before.call($0.luaValue, $1.luaValue).isTrue }
            }
        }
        it.method(
            "rank", "The clips by what they are like, most first: measured once, and kept beside the dataset.",
            Arg("by", .choice(ClipField.measured.map(\.rawValue)), "what to go by"),
            .bool("reverse", "least first", default: false).named, .strict, .foreground,
            example: "ds:rank(\"motion\"):slice(1, 10)"
        ) { dataset, by, isReversed, strict, work in
            try work {
                try dataset.ranked(
                    by: ClipField(rawValue: by) ?? .motion, leastFirst: isReversed, strict: strict, monitor: $0)
            }
        }
        it.method(
            "duplicates",
            "Pairs of clips that show nearly the same, also at another size or as a part of the other; the most alike first.",
            .number("bits", "how many of 64 may differ on average", default: 6, min: 0, max: 32).named, .strict,
            .foreground,
            example: "ds:duplicates{}"
        ) { dataset, bits, strict, work in
            RecordList(
                "no two clips are alike", columns: ["first", "second", "bits", "name", "like"],
                records: try work { try dataset.duplicates(within: bits, strict: strict, monitor: $0) }.map {
                    [.integer($0.first), .integer($0.second), .number($0.distance)] + $0.names.map(LuaValue.string)
                })
        }
        it.method(
            "shuffled", "The clips in an order that the seed decides.", .integer("seed", "any number", default: 0)
        ) {
            $0.shuffled(seed: $1)
        }
        it.method("captioned", "The clips with a caption.") { $0.captioned() }
        it.method("uncaptioned", "The clips without a caption.") { $0.uncaptioned() }
        it.method(
            "find", "The clips whose caption or name matches a Lua pattern.", .string("pattern", "as in string.find"),
            .interpreter, example: "ds:find(\"bicycle\"):edit()"
        ) { dataset, pattern, lua in try dataset.find(LuaPattern(pattern, lua).matches) }
    }

    private static func declareEditing(_ it: LuaClass<Dataset>) {
        it.method(
            "replace", "Replaces what a Lua pattern matches in every caption; returns how many captions changed.",
            .string("pattern", "as in string.gsub"),
            .any("replacement", "a string (%1), table or function", isOptional: false),
            .interpreter, example: "ds:replace(\"^The video shows \", \"\")"
        ) { dataset, pattern, replacement, lua in
            let pattern = try LuaPattern(pattern, lua)
            return try dataset.replace { try pattern.replacing(in: $0, with: replacement) }
        }
        it.method(
            "prefix", "Puts a text before every caption that does not begin with it; returns how many changed.",
            .string("text", "with its own space at the end")
        ) { try $0.prefix($1) }
        it.method(
            "suffix", "Puts a text after every caption that does not end with it; returns how many changed.",
            .string("text", "with its own space in front")
        ) { try $0.suffix($1) }
        it.method(
            "edit", "Opens one caption, or all of them as one text, in $VISUAL or $EDITOR; returns how many changed.",
            .optional(.integer("i", "place of the clip"))
        ) { dataset, place in
            let edit: Dataset.Editor = { try TextEditor().edit($0, named: $1, accept: $2) }
            return try place.map { try dataset.editCaption($0, with: edit) } ?? dataset.editCaptions(with: edit)
        }
        it.method(
            "undo",
            "Takes the last step back: an edit, all edits of one input line, a new cut. Returns what it was and what there is "
                + "now, nil when there is nothing.", .foreground
        ) { dataset, work in try work { try dataset.undo(monitor: $0).orNote("there is nothing to take back", $0) } }
        it.method(
            "redo", "Makes the last undone step again; returns what it was, nil when there is none.", .foreground
        ) { dataset, work in try work { try dataset.redo(monitor: $0).orNote("there is nothing to make again", $0) } }
        it.method(
            "add", "Adds a media file of the dataset's folder at the end; returns its clip.",
            .path("path", "the file", .media), .optional(.string("caption", "its caption")).named
        ) { try $0.add($1, caption: $2) }
        it.method(
            "remove", "Takes a clip out of the dataset; the media file stays.", .integer("i", "place of the clip")
        ) {
            try $0.remove($1)
        }
        it.method(
            "save",
            "Writes the metadata; to another file, the clips of the dataset or view, as json, jsonl, csv or txt by its extension.",
            .optional(.path("path", "another file; without one a view saves its dataset")),
            example: "ds:save(\"captions.jsonl\")"
        ) { dataset, path in
            try ForegroundWork.run(progress: false) { monitor in
                if let path { try dataset.save(to: path, monitor: monitor) } else { try dataset.save(monitor: monitor) }
            }
        }
        it.method("close", "Saves, and lets another shell edit the dataset.") { dataset in
            try ForegroundWork.run(progress: false) { try dataset.close(monitor: $0) }
        }
    }

    private static func declareScenes(_ it: LuaClass<Dataset>) {
        it.method(
            "split",
            "Cuts every video into scenes in <path>/scenes and returns their dataset; what was split before is skipped.",
            .options(SplitOptions(), DatasetScan.sceneOptions(\.scene) + DatasetScan.scanOptions + splitOptions) {
                try DetectorParameters.check($1, for: $0.scene.detector)
            },
            .foreground, example: "scenes = ds:split{ detector = \"adaptive\", min_scene_len = \"0.6s\" }",
            returns: "Dataset"
        ) { dataset, options, work in try work { try dataset.split(options, monitor: $0) } }
        it.method(
            "scan", "Scores every video without cutting: scan[1].cuts, scan[1].times, scan[1].scores.",
            .options(SplitOptions(), DatasetScan.sceneOptions(\.scene) + DatasetScan.scanOptions) {
                try DetectorParameters.check($1, for: $0.scene.detector)
            }, .foreground,
            example: "scan = ds:scan{}; scan:cuts{ threshold = 20 }; scan:plot()", returns: "Scan"
        ) { dataset, options, work in try work { try dataset.scan(options, monitor: $0) } }
    }
    private static var splitOptions: [LuaOption<SplitOptions>] {
        [
            .option("output", \.folder, .path(.folder), "folder of the clips; nil for scenes beside the videos"),
            .option("copy", \.output.copy, .bool, "copy at key frames instead of re-encoding: fast, but cuts move"),
            .option("crf", \.output.crf, .integer(min: 0, max: 51), "x264's quality, less is better"),
            .option("preset", \.output.preset, .choice(VideoWriter.presets), "x264's speed"),
            .option("force", \.output.force, .bool, "write clips again that are there"),
            .option(
                "images_per_scene", \.imagesPerScene, .integer(min: 0, max: 100), "pictures of each scene, with a page"),
            .option("stats_csv", \.writesStatistics, .bool, "score tables in <output>/stats"),
            .option("preview", \.writesPreview, .bool, "a page with a picture of each scene"),
        ]
    }

    private static func declareCare(_ it: LuaClass<Dataset>) {
        it.method(
            "check",
            "Everything that would go wrong later: missing, unreadable, damaged, short, uncaptioned, doubled, unsafe names.",
            .integer("frames", "shorter clips are listed", default: 9, min: 1).named,
            .bool("decode", "read every video to its end", default: true).named, .foreground
        ) { dataset, frames, decodes, work in
            RecordList(findings: try work { try dataset.check(frames: frames, isDeep: decodes, monitor: $0) })
        }
        it.method(
            "fix",
            "Repairs what is safe to repair, and lists it first; without options it only lists. Never deletes media.",
            .options(
                RepairChoice(),
                [
                    .option("orphans", \.orphans, .bool, "set captions without a clip aside"),
                    .option("names", \.names, .bool, "rename files with unsafe names, in the metadata too"),
                    .option("duplicates", \.duplicates, .bool, "of clips listed twice keep the last"),
                ]), .foreground, example: "ds:fix{ names = true }"
        ) { dataset, choice, work in
            RecordList(repairs: try work { try dataset.fix(choice.kinds, monitor: $0) })
        }
        it.method(
            "stats",
            "Counts, durations, sizes, rates, caption lengths, and the buckets that would fit; with a size, how many clips pre:run "
                + "would make of each.",
            .optional(Arg("size", .sizes, "as for pre:run")).named,
            .options(PreprocessingOptions(), PreprocessingOptions.sizing), .strict, .foreground,
            example: "ds:stats{ size = \"768x448x49;512x512x49\" }.plan"
        ) { dataset, sizes, options, strict, work in
            let options = try sizes.map { try options.options($0, isStrict: strict) }
            return StatisticsView(try work { try dataset.statistics(for: options, strict: strict, monitor: $0) })
        }
    }

    /// A clip by name; a name that cannot be a file's is a slip of the fingers.
    private static func clip(_ name: String, of dataset: Dataset) throws -> Clip? {
        if let clip = dataset.clipIfThere(name) { return clip }
        if Path.fileExtension(name).isEmpty {
            let hint = Suggestion.hint(for: name, in: luaClass.info.memberNames)
            throw LuaArgumentError(argument: name, message: "Dataset has no field, method or clip '\(name)'\(hint)")
        }
        return nil
    }
}

/// The options of `ds:fix`.
private struct RepairChoice {
    var orphans = false, names = false, duplicates = false

    var kinds: Set<DatasetRepair.Kind> {
        Set([(DatasetRepair.Kind.orphans, orphans), (.names, names), (.duplicates, duplicates)].filter(\.1).map(\.0))
    }
}

extension RecordList {
    convenience init(findings: [DatasetFinding]) {
        self.init(
            "no problems", columns: ["clip", "kind", "name", "message"],
            records: findings.map {
                [$0.number.luaValue, .string($0.kind.rawValue), .string($0.name), .string($0.message)]
            })
    }
    convenience init(repairs: [DatasetRepair]) {
        self.init(
            "nothing to repair", columns: ["kind", "name", "action", "done"],
            records: repairs.map {
                [.string($0.kind.rawValue), .string($0.name), .string($0.action), .bool($0.isDone)]
            })
    }
}

extension String? {
    /// Itself; where it is nil, the note says why.
    fileprivate func orNote(_ note: String, _ monitor: Monitor) -> String? {
        if self == nil { monitor.note(note) }
        return self
    }
}

extension [LuaValue] {
    /// The first result is neither nil nor false.
    var isTrue: Bool { first.map { !$0.isNil && $0.bool != false } ?? false }
}
