import Base
import LuaKit
import TestSupport
import Testing

@testable import Shell

/// `json` and `yaml`: what goes through them comes back as it was.
@Suite struct TextFormatTests {
    private func evaluate(_ source: String) throws -> String {
        let lua = try Lua()
        try AllBindings.register(in: lua)
        return try lua.run(source, name: "=test").map { try lua.text(of: $0) }.joined(separator: " ")
    }

    @Test(arguments: [
        ("return json.decode('[1,null,3]')[2], json.decode('{\"a\":null}').a, json.decode('null')", "nil nil nil"),
        ("return json.encode(json.decode('[1,null,3]', { null = json.null }))", "[1, null, 3]"),
        ("return json.encode(json.decode('{\"a\":null}', { null = json.null }))", "{\"a\": null}"),
        ("return json.decode('[null]', { null = false })[1]", "false"),
        ("return yaml.encode(yaml.decode('a: null\\nb: [~]', { null = yaml.null }))", "a: null\nb:\n  - null\n"),
        ("return json.null == yaml.null, json.null == json.decode('null', { null = json.null })", "true true"),
        ("return tostring(json.null), type(json.null), json.encode{ json.null }", "null userdata [null]"),
    ]) func `a null is nil, or the value that was asked for`(source: String, result: String) throws {
        #expect(try evaluate(source) == result)
    }
    @Test(arguments: [
        ("return json.encode(json.decode('{}')), json.encode(json.decode('[]')), json.encode{}", "{} [] []"),
        ("return json.encode(json.decode('{\"a\":{},\"b\":[]}'))", "{\"a\": {}, \"b\": []}"),
        ("return yaml.encode(yaml.decode('a: {}\\nb: []'))", "a: {}\nb: []\n"),
        ("local t = json.decode('{}') t.x = 1 return json.encode(t)", "{\"x\": 1}"),
        ("return json.encode(setmetatable({}, { __jsontype = 'object' }))", "{}"),
        ("local t = json.decode('{}') t[1] = 'x' return json.encode(t)", "[\"x\"]"),
    ]) func `an empty mapping stays one`(source: String, result: String) throws {
        #expect(try evaluate(source) == result)
    }
    @Test(arguments: ["99999999999999999999", "-99999999999999999999"])
    func `a whole number beyond 64 bits keeps its digits`(digits: String) throws {
        #expect(try evaluate("return yaml.decode('\(digits)'), json.decode('\(digits)')") == "\(digits) \(digits)")
        #expect(try evaluate("return yaml.decode(yaml.encode{ id = '\(digits)' }).id") == digits)
    }
    @Test func `each null names its own in its help`() throws {
        for name in ["json", "yaml"] {
            let page = try Interpreter().help("\(name).null", DisplayContext(width: 200)).joined(separator: "\n")
            #expect(page.contains("{ null = \(name).null }"))
        }
    }
    @Test func `a configuration comes through YAML as it was`() throws {
        let path = Scratch.path("round", ".yaml")
        let source = """
            local cfg = Config.default()
            cfg.data.preprocessed_data_root = "d"
            cfg.validation.interval = nil
            cfg.output_dir = "1e3"
            local text = yaml.encode(yaml.decode(tostring(cfg), { null = yaml.null }))
            local file <close> = assert(io.open("\(path)", "w"))
            file:write(text)
            file:flush()
            local again = Config.load("\(path)")
            return again == cfg, again.validation.interval
            """
        #expect(try evaluate(source) == "true nil")
    }
    @Test(arguments: [
        ("1e-3", "0.001"), ("1e3", "1000.0"), (".5", "0.5"), ("-.5", "-0.5"), ("6.02e23", "6.02e+23"),
        (".inf", "inf"), ("2E4", "20000.0"),
    ]) func `a number is read as a configuration reads it`(text: String, value: String) throws {
        #expect(
            try evaluate("return math.type(yaml.decode('x: \(text)').x), yaml.decode('x: \(text)').x")
                == "float \(value)")
    }
    @Test(arguments: ["\\'1e-3\\'", "1.2.3", "1e", "0089", "inf", "1e999"])
    func `what is no number stays a text, and is one again`(text: String) throws {
        #expect(
            try evaluate(
                "local x = yaml.decode('x: \(text)').x return type(x), yaml.decode(yaml.encode{ x = x }).x == x")
                == "string true")
    }
    @Test func `a whole number beyond 64 bits keeps its digits`() throws {
        #expect(try evaluate("return json.decode('[12345678901234567890]')[1]") == "12345678901234567890")
        #expect(try evaluate("return math.type(json.decode('9223372036854775807'))") == "integer")
        #expect(throws: LuaFailure.self) { try evaluate("json.decode('1e400')") }
    }
}
