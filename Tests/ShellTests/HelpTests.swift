import Configuration
import Base
import LuaKit
import Testing

@testable import Shell

@Suite struct HelpTests {
    let interpreter: Interpreter
    init() throws { interpreter = try Interpreter() }
    func help(_ topic: String, width: Int = 80) throws -> [String] {
        try interpreter.help(topic, DisplayContext(width: width))
    }

    @Test func `the overview teaches the daily tasks on one screen`() throws {
        let lines = try help("")
        for task in Day.tasks {
            #expect(lines.prefix(22).contains { $0.contains(task.name) })
            for code in task.lines { #expect(lines.contains { $0.hasSuffix(code) }) }
        }
    }
    @Test func `a function's page is what its declaration says`() throws {
        #expect(
            try help("fs.copy") == [
                "fs.copy(from, to)",
                "  Copies a file; an existing one is replaced, whole or not at all.", "",
                "  from: path  the file", "  to: path    the new path, or a folder",
            ])
        #expect(try help("json.encode").contains("  pretty: boolean  over several lines (default false)"))
    }
    @Test func `methods are found with a dot and with a colon, on classes and on values`() throws {
        let page = try help("Config:validate")
        #expect(try help("Config.validate") == page)
        try interpreter.run(Array("cfg = Config.default()".utf8), name: "=test")
        #expect(try help("cfg.validate") == page)
        #expect(try help("cfg").first == (try help("Config").first))
    }
    @Test func `a key of a configuration has its page however it is named, a section the list of its keys`() throws {
        try interpreter.run(Array("cfg = Config.default()".utf8), name: "=test")
        let key = try help("lora.rank")
        #expect(key.contains { $0.contains("at least 2") } && key.contains { $0.contains("cfg.lora.rank = 32") })
        for topic in ["cfg.lora.rank", "Config.lora.rank", "Config.default().lora.rank"] {
            #expect(try help(topic) == key)
        }
        let section = try help("Config.lora")
        #expect(
            section.first?.hasPrefix("lora: ") == true && section.contains { $0.hasPrefix("  rank: whole number ") })
        #expect(try help("cfg.lora") == section)
        let values = try interpreter.run(Array("return cfg, cfg.lora".utf8), name: "=test")
        let text = HelpText(interpreter, DisplayContext())
        #expect(try text.lines(values[1]) == section)
        #expect(try text.lines(values[0]).contains { $0.hasPrefix("  lora: section ") })
        #expect(try help("cfg.validate") == help("Config:validate"))
    }
    @Test func `Lua's own functions are named as such, with what they do`() throws {
        #expect(
            try help("string.rep") == [
                "string.rep(s, n, sep)", "  n copies, with sep in between.", "", "  Lua's own: manual §6.4",
            ])
        #expect(try help("ipairs").first == "ipairs(t)")
        #expect(try help("math").contains { $0.hasPrefix("  floor(x) ") })
        try interpreter.run(Array("function mine() end".utf8), name: "=test")
        #expect(try help("mine").first?.contains("a function of yours") == true)
    }
    @Test func `the lines on Lua's functions are complete`() throws {
        for library in LuaManual.libraries where library.name != "_G" {
            let table = try #require(try interpreter.lua.global(library.name).reference)
            let names = Set(try table.entries().pairs.compactMap(\.key.string))
            let known = Set(library.entries.map { String($0.path.dropFirst(library.name.count + 1)) })
            #expect(known.isSubset(of: names), "\(library.name)")
            // What Debian builds in for programs of Lua 5.1 is in no manual of 5.4.
            let old: Set = ["cosh", "sinh", "tanh", "pow", "frexp", "ldexp", "log10", "atan2", "setcstacklimit"]
            #expect(names.subtracting(known).isSubset(of: old), "\(library.name)")
        }
    }
    @Test func `words find names, texts and config keys`() throws {
        #expect(try help("lora rank").contains { $0.contains("lora.rank") })
        #expect(try help("learning_rate").contains { $0.contains("optimization.learning_rate") })
        #expect(try help("uncaptioned").contains { $0.contains("Dataset:uncaptioned") })
    }
    @Test func `what nothing mentions says so and suggests`() throws {
        for topic in ["qwxyzzy", ":nope", "?"] {
            #expect(try help(topic) == ["nothing mentions '\(topic)'; help() shows what there is"])
        }
        #expect(try help("globb").first?.contains("did you mean 'glob'?") == true)
        #expect(throws: Never.self) { try interpreter.run(Array("help ':nope'; help '?'".utf8), name: "=test") }
    }
    @Test func `pages fit a narrow terminal`() throws {
        for topic in [""] + interpreter.helpIndex.entries.map(\.name) {
            let wide = try help(topic, width: 60).filter { TextWidth.of($0) > 60 && !$0.contains("  ") }
            #expect(wide.isEmpty, "\(topic)")
        }
    }
    @Test func `every topic of the index has a page`() throws {
        for entry in interpreter.helpIndex.entries { #expect(!(try help(entry.name)).isEmpty) }
    }
    @Test func `a function of the user shows its text`() throws {
        try interpreter.run(
            Array("x = 1\nfunction f()\n  return 2\nend".utf8), name: "x = 1\nfunction f()\n  return 2\nend")
        let lines = try interpreter.source("f", DisplayContext())
        #expect(lines.dropFirst() == ["  function f()", "    return 2", "  end"])
        #expect(try interpreter.source("fs.glob", DisplayContext()).first?.contains("built in") == true)
    }
    @Test func `the generated documents are current`() throws {
        let root = Path.folder(Path.folder(Path.folder(#filePath)))
        for (path, text) in try ReferenceWriter.documents() {
            let found = try? Files.text(Path.join(root, "docs/\(path)"))
            let isCurrent = found == text  // not in the expectation, which would show both
            #expect(isCurrent, "docs/\(path) is not current: run `ltxsh --write-docs docs`")
        }
    }
    @Test func `every registered name is in the editor's definitions`() throws {
        let text = try #require(try ReferenceWriter.documents().first { $0.path == "ltxsh.lua" }?.text)
        for info in interpreter.lua.catalogue where info.name != "os" {
            for function in info.functions { #expect(text.contains("function \(info.name).\(function.name)(")) }
            for method in info.methods { #expect(text.contains("function \(info.name):\(method.name)(")) }
            for property in info.properties { #expect(text.contains("---@field \(property.name) ")) }
        }
        for key in TrainingConfiguration.keys {
            let section = key.section.isEmpty ? "Config" : "Config.\(key.section)"
            let fields = text.components(separatedBy: "---@class \(section)\n").last ?? ""
            #expect(
                (fields.components(separatedBy: "\n\n").first ?? "").contains("---@field \(key.name) "), "\(key.path)")
        }
    }
}
