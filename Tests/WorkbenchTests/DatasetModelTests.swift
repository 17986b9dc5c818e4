import Base
import Testing

@testable import Workbench

/// Random operations against plain arrays: what a dataset is meant to be.
@Suite struct DatasetModelTests {
    private struct Model: Equatable {
        struct Entry: Equatable {
            var name: String, caption: String?, isExcluded = false, reference: String?
        }
        var clips: [Entry]
        var trigger: String?

        func names(_ isIncluded: (Entry) -> Bool) -> [String] { clips.filter(isIncluded).map(\.name) }
        static func isCaptioned(_ entry: Entry) -> Bool { entry.caption?.contains { !$0.isWhitespace } ?? false }
    }
    private let words = ["a", "boat", "  ", "犬", "🚲", "\"q\"", "%d+", "line\nbreak", "<APT> x", ""]

    private func seen(_ data: Dataset) -> Model {
        Model(
            clips: data.clips.map {
                Model.Entry(name: $0.name, caption: $0.caption, isExcluded: $0.isExcluded, reference: $0.reference)
            }, trigger: data.trigger)
    }

    @Test(arguments: [1, 2]) func `views, edits and undo behave as plain arrays do`(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let names = (0..<12).map { "clip\($0 < 10 ? "0" : "")\($0).mp4" }
        for name in names { try folder.touch(name) }
        var data = try Dataset.open(folder.path)
        var model = Model(clips: names.map { Model.Entry(name: $0, caption: nil, reference: nil) })
        var undo: [Model] = [], redo: [Model] = []
        var generator = SplitMix64(seed: seed)
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
        func edit(_ body: (inout Model) -> Void) {
            let before = model
            body(&model)
            if model != before {
                undo.append(before)
                redo = []
            }
        }

        for step in 0..<5_000 {
            let count = model.clips.count, place = count == 0 ? 0 : number(count)
            let word = words[number(words.count)] + (number(3) == 0 ? "\(step)" : "")
            switch number(20) {
            case 0...3 where count > 0:
                let caption = number(8) == 0 ? nil : word
                try data.clip(place + 1).setCaption(caption)
                edit { $0.clips[place].caption = caption }
            case 4 where count > 0:
                try data.clip(place - count).setExcluded(step % 2 == 0)
                edit { $0.clips[place].isExcluded = step % 2 == 0 }
            case 5 where count > 0:
                let reference = number(3) == 0 ? nil : "ref/\(number(4)).mp4"
                try data.clip(named: model.clips[place].name).setReference(reference)
                edit { $0.clips[place].reference = reference }
            case 6:
                // Through a view of a view: every second of the captioned ones.
                let view = data.captioned().slice(2, -1)
                let chosen = model.clips.indices.filter { Model.isCaptioned(model.clips[$0]) }.dropFirst()
                #expect(view.clips.map(\.name) == chosen.map { model.clips[$0].name })
                let changed = try view.prefix(word)
                let before = model
                edit { model in
                    for place in chosen where !(model.clips[place].caption ?? "").hasPrefix(word) {
                        model.clips[place].caption = word + (model.clips[place].caption ?? "")
                    }
                }
                #expect(changed == zip(before.clips, model.clips).count { $0 != $1 })
            case 7:
                let changed = try data.replace { $0.replacing("boat", with: "ship") }
                let before = model
                edit { model in
                    for place in model.clips.indices {
                        if let text = model.clips[place].caption, !text.isEmpty {
                            model.clips[place].caption = text.replacing("boat", with: "ship")
                        }
                    }
                }
                #expect(changed == zip(before.clips, model.clips).count { $0 != $1 })
            case 8 where count > 2:
                try data.remove(place + 1)
                edit { $0.clips.remove(at: place) }
            case 9:
                let name = names[number(names.count)]
                if model.clips.contains(where: { $0.name == name }) {
                    #expect(throws: DatasetError.self) { try data.add(name) }
                } else {
                    try data.add(name, caption: word)
                    edit { $0.clips.append(Model.Entry(name: name, caption: word, reference: nil)) }
                }
            case 10...12:
                let title = try data.undo()
                #expect((title == nil) == undo.isEmpty)
                if let last = undo.popLast() {
                    redo.append(model)
                    model = last
                }
            case 13, 14:
                let title = try data.redo()
                #expect((title == nil) == redo.isEmpty)
                if let last = redo.popLast() {
                    undo.append(model)
                    model = last
                }
            case 15: try data.fold()
            case 16:
                try data.setTrigger(word.contains("\n") ? nil : word)
                edit { model in
                    let word = Lines.trimmed(word)
                    model.trigger = words[7] == word || word.contains("\n") ? nil : word
                }
            case 17:
                let seed = number(100)
                let once = data.shuffled(seed: seed).clips.map(\.name),
                    twice = data.shuffled(seed: seed).clips.map(\.name)
                #expect(once == twice && once.sorted() == model.clips.map(\.name).sorted())
                let sorted = data.sorted { ($0.caption ?? "") < ($1.caption ?? "") }
                #expect(sorted.clips.map { $0.caption ?? "" } == model.clips.map { $0.caption ?? "" }.sorted())
                #expect(data.uncaptioned().clips.map(\.name) == model.names { !Model.isCaptioned($0) })
                #expect(data.filter(\.isExcluded).clips.map(\.name) == model.names(\.isExcluded))
                #expect(
                    data.find { $0.contains("boat") }.clips.map(\.name)
                        == model.names { $0.caption?.contains("boat") ?? false })
            case 18 where step % 4 == 0:
                // Another session: undo is forgotten, nothing else is.
                try data.close()
                data = try Dataset.open(folder.path)
            default: break
            }
            var found = seen(data)
            found.trigger = data.store.read(\.trigger)
            if found != model {
                Issue.record("seed \(seed), step \(step)\n\(found)\n\(model)")
                return
            }
        }
        // What the disk has is what was seen.
        try data.save()
        let copy = try TemporaryFolder()
        try copy.write(Files.read(folder["captions.json"]), to: "captions.json")
        for name in names { try copy.touch(name) }
        let again = try Dataset.open(copy["captions.json"])
        #expect(seen(again).clips == model.clips)
    }
}
