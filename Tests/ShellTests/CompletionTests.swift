import Base
import LuaKit
import TestSupport
import Testing

@testable import Shell

@Suite struct CompletionTests {
    let interpreter: Interpreter
    init() throws { interpreter = try Interpreter() }

    /// The candidates at the end of the line.
    func offered(_ line: String) -> [String] {
        interpreter.complete(line, cursor: line.utf8.count)?.candidates.map(\.text) ?? []
    }
    /// The candidates at the end of the last of these lines.
    func offered(_ line: String, after rows: String) -> [String] {
        interpreter.complete(line, cursor: line.utf8.count, after: rows)?.candidates.map(\.text) ?? []
    }
    func run(_ source: String) throws { try interpreter.run(Array(source.utf8), name: "=test") }

    @Test func `globals and keywords complete`() throws {
        try run("dataset_one = 1")
        #expect(offered("data") == ["dataset_one"])
        #expect(offered("retu") == ["return"])
        #expect(offered("x = jso") == ["json"])
        #expect(offered("whi") == ["while"])
    }
    @Test func `functions of a namespace complete`() {
        #expect(offered("fs.") == ["copy", "exists", "glob", "mkdir", "move", "size"])
        #expect(offered("print(fs.gl") == ["glob"])
        #expect(interpreter.complete("fs.gl", cursor: 5)?.append == "(")
    }
    @Test func `members of the value before the cursor complete along a chain`() throws {
        try run("t = { inner = { alpha = 1, list = { { deep = true } } }, ['not a name'] = 2 }")
        #expect(offered("t.") == ["inner"])
        #expect(offered("t.inner.al") == ["alpha"])
        #expect(offered("t['inner'].") == ["alpha", "list"])
        #expect(offered("t.inner.list[1].") == ["deep"])
        #expect(offered("x.y.z.").isEmpty)
    }
    @Test func `methods of objects and of what calls return complete`() throws {
        try run("cfg = Config.default()")
        #expect(offered("cfg:va") == ["validate"])
        #expect(offered("Config.default():va") == ["validate"])
        #expect(offered("Config.default{}:va") == ["validate"])
        #expect(offered("Dataset.open('x'):unca") == ["uncaptioned"])
        #expect(offered("Dataset.open(\"x\")[1].capt") == ["caption"])
    }
    @Test func `methods of a class made of tables complete through its index`() throws {
        try run("C = { greet = function() end }; C.__index = C; o = setmetatable({ field = 1 }, C)")
        #expect(offered("o:") == ["greet"])
        #expect(offered("o.") == ["__index", "field", "greet"])
    }
    @Test func `option names complete inside braces and leave out those given`() {
        #expect(offered("Dataset.open('x'):split{ detec") == ["detector"])
        #expect(!offered("Dataset.open('x'):split{ detector = 'hash', ").contains("detector"))
        #expect(offered("json.encode({}, { pre") == ["pretty"])
        #expect(interpreter.complete("json.encode({}, { pre", cursor: 21)?.append == "=")
    }
    @Test func `enumeration values complete inside a string`() {
        let five = ["adaptive", "content", "hash", "histogram", "threshold"]
        #expect(offered("Dataset.open('x'):split{ detector = \"").sorted() == five)
        #expect(offered("Dataset.open('x'):split{ detector=\"ha") == ["hash"])
        #expect(offered("json.encode({}, { pretty = t") == ["true"])
    }
    @Test func `config keys complete`() throws {
        try run("cfg = Config.default()")
        #expect(offered("cfg:set(\"lora.ra") == ["lora.rank", "lora.rank_pattern"])
        #expect(offered("cfg.opt") == ["optimization"])
        #expect(offered("cfg.lora.ra") == ["rank", "rank_pattern"])
        let rank = interpreter.complete("cfg.lora.ra", cursor: 11)?.candidates.first
        #expect(rank?.type == "whole number" && rank?.summary.contains("adapters") == true)
    }
    @Test func `what a key takes completes where it is assigned`() throws {
        try run("cfg = Config.default()")
        #expect(offered("cfg.optimization.optimizer_type = \"ada") == ["adamw", "adamw8bit", "adafactor"])
        #expect(offered("cfg.conditioning.mode = ") == ["\"none\"", "\"reference_video\""])
        #expect(offered("cfg.optimization.scheduler_type = 'cos") == ["cosine", "cosine_with_restarts"])
        #expect(offered("cfg.optimization.enable_gradient_checkpointing = t") == ["true"])
        #expect(offered("cfg.acceleration.mixed_precision_mode = n") == ["nil"])
        #expect(offered("Dataset.open('x')[1].excluded = f") == ["false"])
        #expect(offered("other.optimizer_type = \"adam").isEmpty)
    }
    @Test func `sections and keys complete inside the table of a copy`() throws {
        try run("cfg = Config.default()")
        #expect(offered("cfg:copy{ opt") == ["optimization"])
        #expect(offered("cfg:copy{ lora = { rank = 8, al") == ["alpha", "alpha_pattern"])
        #expect(!offered("cfg:copy{ lora = { rank = 8, ").contains("rank"))
        #expect(
            offered("cfg:copy({ seed = 1, optimization = { optimizer_type = \"ada") == [
                "adamw", "adamw8bit", "adafactor",
            ])
        #expect(offered("cfg:copy{ nothing = { x = { al").isEmpty)
    }
    @Test func `paths complete inside strings`() throws {
        let folder = Scratch.path("complete")
        try Files.makeFolder(folder + "/clips")
        for name in ["a.mp4", "b.yaml", "c.lua"] { try AtomicFile.write("", to: Path.join(folder, name)) }
        // No text can name it, so none is offered.
        #expect(try ChildProcess.run("touch \"$(printf '\(folder)/d\\377.mp4')\"") == 0)
        defer { _ = try? ChildProcess.run("rm -r '\(folder)'") }
        #expect(offered("fs.size(\"\(folder)/") == ["clips/", "a.mp4", "b.yaml", "c.lua"].map { "\(folder)/\($0)" })
        #expect(offered("Config.load('\(folder)/") == ["clips/", "b.yaml"].map { "\(folder)/\($0)" })
        #expect(offered("dofile '\(folder)/") == ["clips/", "c.lua"].map { "\(folder)/\($0)" })
        #expect(
            interpreter.complete("fs.size(\"\(folder)/a", cursor: folder.utf8.count + 11)?.append == "\"")
    }
    @Test func `a string is closed as it was opened, and only where it is not closed yet`() throws {
        try run("cfg = Config.default()")
        func added(_ before: String, _ after: String = "") -> String? {
            let found = interpreter.complete(before + after, cursor: before.utf8.count)
            return found?.candidates.count == 1 ? found?.append ?? "nothing" : nil
        }
        #expect(added("cfg.optimization.optimizer_type = 'adamw8") == "'")
        #expect(added("cfg.optimization.optimizer_type = \"adamw8") == "\"")
        #expect(added("cfg.optimization.optimizer_type = [[adamw8") == "]]")
        #expect(added("cfg.optimization.optimizer_type = [==[adamw8") == "]==]")
        #expect(added("cfg.optimization.optimizer_type = 'adamw8", "bit'") == "nothing")
        #expect(added("help 'Exporter.insp") == "'")
        let folder = try Scratch.folder("quotes")
        try AtomicFile.write("", to: folder + "/it's \"one\".lua")
        #expect(offered("dofile(\"\(folder)/it") == ["\(folder)/it's \\\"one\\\".lua"])
        #expect(offered("dofile('\(folder)/it\\'s") == ["\(folder)/it\\'s \"one\".lua"])
        #expect(offered("dofile [[\(folder)/it's \"") == ["\(folder)/it's \"one\".lua"])
        #expect(added("dofile [[\(folder)/it") == "]]")
        #expect(added("dofile('\(folder)/it", "\\'s \"one\".lua')") == "nothing")
    }
    @Test func `methods of strings complete, of a variable and of a text in brackets`() throws {
        try run("s = 'x'")
        #expect(offered("s:re") == ["rep", "reverse"])
        #expect(offered("('x'):up") == ["upper"])
        #expect(offered("print(('x'):up") == ["upper"])
        #expect(offered("(s .. 'y'):up").isEmpty)
    }
    @Test func `what a call has not returned yet completes by its declared type`() throws {
        #expect(offered("Config.load(\"f.yaml\").lo") == ["lora"])
        #expect(offered("Config.default().lora.ra") == ["rank", "rank_pattern"])
        #expect(offered("Config.default().seed.").isEmpty)
    }
    @Test func `what the line itself assigns is known before it has run`() throws {
        try run("s = 1")
        #expect(offered("s = 'x'; s:re") == ["rep", "reverse"])
        #expect(offered("local c = Config.load('x') c.lo") == ["lora"])
        #expect(offered("local s = 'x' .. y; s:re").isEmpty)
        #expect(offered("t.s = 'x'; s:re").isEmpty)
    }
    @Test func `keys of a plain table complete between brackets, whatever their spelling`() throws {
        try run("tt = { alpha = 1, ['a b'] = 2, [1] = 3 }")
        #expect(offered("tt[\"a").sorted() == ["a b", "alpha"])
        #expect(offered("tt['a ") == ["a b"])
    }
    @Test func `number formats complete where a model is loaded`() {
        #expect(offered("Preprocessor.load{ dtype = \"") == ["bf16", "fp32"])
        #expect(offered("Trainer.load{ model = 'x', dtype = \"b") == ["bf16"])
        #expect(offered("Trainer.load{ mo") == ["model"])
    }
    @Test func `nothing of the user's runs`() throws {
        try run(
            "hits = 0; t = setmetatable({}, { __index = function() hits = hits + 1 end, __pairs = function() hits = hits + 1 end });"
                + "function f() hits = hits + 1; return t end")
        for line in ["t.", "t.x.", "t[1].", "f().", "f():", "t:", "#t.", "t.a.b.c"] { _ = offered(line) }
        #expect(try interpreter.lua.global("hits").integer == 0)
    }
    @Test func `the rows above are what a line is a part of`() throws {
        try run("cfg = Config.default()")
        #expect(offered(" det", after: "Dataset.open('x'):split{") == ["detector"])
        #expect(offered("\"co", after: "Dataset.open('x'):split{ detector=") == ["content"])
        #expect(offered("ra", after: "cfg:copy{\n  lora = {") == ["rank", "rank_pattern"])
        #expect(offered("s:re", after: "do\nlocal s = 'x'") == ["rep", "reverse"])
        for rows in ["--[[ x", "x = [[ y", "x = \"abc\\"] { #expect(offered("Datas", after: rows).isEmpty) }
        #expect(offered("x ]] Datas", after: "--[[ y") == ["Dataset"])
        #expect(interpreter.complete("雪 = 1 retu", cursor: 12, after: "do -- 雪")?.start == 8)
    }
    @Test func `a name with control characters completes as Lua writes it`() throws {
        let folder = try Scratch.folder("control")
        for name in ["new\nline.lua", "re\rturn.lua", "bell\u{7}1.lua"] {
            try AtomicFile.write("return 'here'", to: Path.join(folder, name))
        }
        #expect(offered("dofile(\"\(folder)/new") == ["\(folder)/new\\nline.lua"])
        #expect(offered("dofile(\"\(folder)/new\\nli") == ["\(folder)/new\\nline.lua"])
        #expect(offered("dofile('\(folder)/new\\x0Ali") == ["\(folder)/new\\nline.lua"])
        #expect(offered("dofile('\(folder)/new\\u{a}li") == ["\(folder)/new\\nline.lua"])
        #expect(offered("dofile('\(folder)/re\\13t") == ["\(folder)/re\\rturn.lua"])
        #expect(offered("dofile('\(folder)/bell") == ["\(folder)/bell\\0071.lua"])
        #expect(offered("dofile [[\(folder)/new").isEmpty)
        for name in ["new", "re", "bell"] {
            let text = try #require(offered("dofile(\"\(folder)/\(name)").first)
            let found = try interpreter.run(Array("return dofile(\"\(text)\")".utf8), name: "=test")
            #expect(found.first?.string == "here")
        }
    }
    @Test func `modules complete by the names that require takes`() throws {
        let folder = try Scratch.folder("modules")
        try Files.makeFolder(folder + "/dir/deep")
        try Files.makeFolder(folder + "/pack")
        try Files.makeFolder(folder + "/plain")
        for name in ["a.lua", "b.c.lua", "a.txt", "dir/mod.lua", "dir/deep/er.lua", "pack/init.lua"] {
            try AtomicFile.write("", to: Path.join(folder, name))
        }
        try run("package.path = '\(folder)/?.lua;\(folder)/?/init.lua'; package.preload.loaded = function() end")
        #expect(offered("require \"") == ["a", "loaded", "pack", "dir."])
        #expect(offered("require(\"a") == ["a"])
        #expect(interpreter.complete("require('a", cursor: 10)?.append == "'")
        #expect(offered("local d = require 'dir.") == ["dir.mod", "dir.deep."])
        #expect(offered("require 'dir.deep.e") == ["dir.deep.er"])
    }
    @Test func `a template's places complete in the table that fills them`() throws {
        let path = Scratch.path("template", ".yaml")
        try AtomicFile.write("output_dir: \"out/[BASENAME]\"\nlora:\n  rank: [RANK]\n", to: path)
        #expect(offered("Config.template(\"\(path)\", {") == ["BASENAME", "RANK"])
        #expect(offered("Config.template(\"\(path)\", { RANK = 8, ") == ["BASENAME"])
        let unknown = offered("Config.template(\"nowhere\", { ")
        #expect(!unknown.contains("name") && !unknown.contains("values"))
    }
    @Test func `any prefix of any line is answered without a crash`() {
        let lines = [
            "for i, c in ipairs(Dataset.open([==[x]==])) do print(c.caption:sub(1, 2), {a=1,[2]='x'}) end -- done",
            "x = \"a\\\"b\" .. 'c\\'' .. [[d]] --[[ e ]] + 0x1F // 2 << 3; goto l ::l:: 雪.é(}])",
        ]
        for line in lines { for cursor in 0...line.utf8.count { _ = interpreter.complete(line, cursor: cursor) } }
    }
}
