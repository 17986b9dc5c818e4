import Configuration
import LuaKit

/// Everything that help can be asked about, with the words it is found by.
struct HelpIndex {
    /// One topic.
    struct Entry {
        enum Subject {
            case table(ClassInfo)
            case function(FunctionInfo)
            case property(PropertyInfo)
            case key(ConfigurationKey)
            case section(TrainingConfiguration.Section)
            case command(PromptCommand)
        }
        /// As it is typed: `Dataset:split`, `lora.rank`.
        let name: String
        let summary: String
        let subject: Subject
        /// Name and every text, in lower case.
        let words: String
    }
    private(set) var entries: [Entry] = []

    init(_ lua: Lua) {
        for info in lua.catalogue where info.name != "os" { add(info) }
        for function in lua.globals { add(function) }
        for key in TrainingConfiguration.keys {
            add(key.path, key.help, .key(key), [key.example, key.kind.description])
        }
        for section in TrainingConfiguration.sections {
            add("Config." + section.name, section.help, .section(section), [])
        }
        for command in PromptCommand.all { add(":" + command.name, command.help, .command(command), []) }
    }
    private mutating func add(_ info: ClassInfo) {
        add(info.name, info.help, .table(info), info.examples)
        for function in info.functions + info.methods { add(function) }
        for property in info.properties { add(property.path, property.help, .property(property), [property.type]) }
    }
    private mutating func add(_ function: FunctionInfo) {
        let texts = function.arguments.flatMap { [$0.name, $0.help, $0.type.summary] } + [function.example ?? ""]
        add(function.path, function.help, .function(function), texts)
    }
    private mutating func add(_ name: String, _ summary: String, _ subject: Entry.Subject, _ texts: [String]) {
        let words = ([name, summary] + texts).joined(separator: " ").lowercased()
        entries.append(Entry(name: name, summary: summary, subject: subject, words: words))
    }

    /// The topic of exactly this name; a dot stands for a colon too.
    func entry(_ name: String) -> Entry? {
        entries.first { $0.name == name }
            ?? entries.first { $0.name.replacing(":", with: ".") == name.replacing(":", with: ".") }
    }
    /// Topics that hold every word, those with a word in the name first.
    func search(_ text: String) -> [Entry] {
        let wanted = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        guard !wanted.isEmpty else { return [] }
        let found = entries.filter { entry in wanted.allSatisfy { entry.words.contains($0) } }
        func rank(_ entry: Entry) -> Int {
            let name = entry.name.lowercased()
            return wanted.reduce(0) {
                $0 + (name == $1 ? 0 : name.contains($1) ? 1 : entry.summary.lowercased().contains($1) ? 2 : 3)
            }
        }
        return found.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(
            \.element)
    }
}
