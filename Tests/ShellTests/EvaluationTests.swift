import Base
import LuaKit
import Testing

@testable import Shell

/// Inputs as the prompt evaluates them: values, and what is said of mistakes.
@Suite struct EvaluationTests {
    let interpreter: Interpreter
    init() throws {
        interpreter = try Interpreter()
        try interpreter.setSearchPath(script: nil)
    }

    /// What the prompt shows of an input, its error included.
    func answer(_ input: String) -> String {
        do {
            let printer = ValuePrinter(DisplayContext())
            return try interpreter.evaluate(input, line: 1, remembers: true).flatMap { printer.lines($0) }.joined(
                separator: "\n")
        } catch let failure as PromptFailure { return failure.message } catch { return "\(error)" }
    }

    @Test(arguments: ["#cfg", "cfg()", "cfg .. 'x'", "Dataset()", "print = 5; print(1)"])
    func `a name that is there is not suggested in its own place`(input: String) {
        _ = answer("cfg = Config.default()")
        let text = answer(input)
        #expect(text.contains("attempt to") && !text.contains("did you mean"), "\(text)")
    }
    @Test func `a name that is not there is suggested, and a bare one is nil all the same`() {
        #expect(answer("prnt(1)").contains("(did you mean 'print'?)"))
        #expect(
            answer("Datset").hasPrefix("nil")
                && answer("Datset").contains("there is no 'Datset' (did you mean 'Dataset'?)"))
        _ = answer("y = 77")
        #expect(answer("z") == "nil  -- there is no 'z'")
        #expect(answer("nothing_like_it") == "nil  -- there is no 'nothing_like_it'")
        #expect(answer("nil") == "nil")
    }
    @Test func `a local of another input is remembered as one`() {
        _ = answer("local zz, yy = 5, 6; local function g() local inner = 1 end")
        #expect(answer("zz") == "nil  -- 'zz' was local to its line; without local, zz = … stays")
        #expect(answer("yy + 1").contains("'yy' was local to its line"))
        #expect(answer("g()").contains("'g' was local to its line"))
        #expect(answer("inner") == "nil  -- there is no 'inner'")
        _ = answer("zz = 7")
        #expect(answer("zz") == "7")
    }
    @Test(arguments: [
        ("1 != 2", "~="), ("x = 5 x += 1", "x = x + 1"), ("i = 1 i++ ", "x = x + 1"), ("a && b", "and"),
        ("a || b", "or"),
        ("x = “smart”", "'“' at column 5 is a typographic quote"), ("x\u{A0}= 1", "type a blank"),
        ("y = 3 – 1", "minus sign"),
        ("ds:split{ end = 5 }", "write stop = …"), ("# comment", "--"), ("// comment", "--"),
        ("x[1:3]", "ds:slice"),
        ("if x = 1 then end", "=="), ("len(x)", "#x is the length"), ("ls", "!ls"), ("ls -l", "!ls"), ("None", "nil"),
        ("True", "true"), ("import os", "require"), ("def f(x)", "function f(x)"), ("x = [1, 2]", "{ 1, 2, 3 }"),
        ("x = { \"a\": 1 }", "[\"a\"] = value"), ("print x", "with brackets"), ("for x in {} do end", "ipairs(list)"),
        ("range(3)", "for i = 1"), ("cd /tmp", "!cd"), ("y = x ? 1 : 2", "and a or b"), ("名 = 1", "ASCII letters"),
    ]) func `a habit of another language is answered with the Lua for it`(input: String, lua: String) {
        let text = answer(input)
        #expect(text.contains(lua) && !text.contains("\n"), "\(input): \(text)")
    }
    @Test func `a misspelt option is named before one that is missing`() {
        #expect(answer("Preprocessor.load{ modle = 'x' }").contains("unknown option 'modle' (did you mean 'model'?)"))
        #expect(answer("Preprocessor.load{ model = 'x', quantization = 'int9' }").contains("int8-quanto"))
    }
    @Test(arguments: [
        ("string.fomat('x')", "format"), ("math.flor(1)", "floor"), ("('x'):fomat()", "format"),
        ("x = 1\nreturn math.flor(1)", "floor"), ("own.inner.alhpa()", "alpha"),
    ]) func `a field that is not there is suggested from the table that it was looked for in`(
        input: String, name: String
    ) {
        _ = answer("own = { inner = { alpha = print } }")
        let text = answer(input)
        #expect(text.hasSuffix("(did you mean '\(name)'?)"), "\(text)")
    }
    @Test func `a field of a table that is not known is not guessed at`() {
        #expect(answer("local t = {} t.fomat()").hasSuffix("(field 'fomat')"))
    }
    @Test func `the last error is kept as it was raised`() {
        _ = answer("error('a text', 0)")
        #expect(answer("_err") == "\"a text\"")
        _ = answer("error{ code = 7 }")
        #expect(answer("_err.code") == "7")
        _ = answer("Config.load('nowhere.yaml')")
        #expect(answer("_err.path") == "\"nowhere.yaml\"")
        _ = answer("1 + 1")
        #expect(answer("_err.path") == "\"nowhere.yaml\"")
        #expect(!answer("who()").contains("_err"))
    }
    @Test func `a module that is not there is one line, and the whole of it stays in the error`() {
        #expect(
            answer("require 'nomod'")
                == "stdin:1: module 'nomod' not found in the working directory, 'scripts' (package.path has every place)"
        )
        #expect(answer("_err").contains("no file './nomod.lua'"))
    }
    @Test func `who lists what is the user's, with size and place`() throws {
        #expect(answer("who()") == "no globals of your own yet")
        _ = answer("text = 'four'; list = { 1, 2, 3 }; cfg = Config.default()")
        interpreter.countAsBuiltIn("sh")
        _ = answer("sh = {}")
        #expect(
            answer("who()").split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } == [
                "cfg Config", "list table 3 entries {1, 2, 3}", "text string 4 bytes \"four\"",
            ])
        #expect(answer("who()[2].size") == "\"3 entries\"")
    }
}
