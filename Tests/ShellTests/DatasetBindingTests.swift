import Base
import Glibc
import LuaKit
import Testing
import Workbench

@testable import Shell

@Suite struct DatasetBindingTests {
    let folder: String
    let interpreter: Interpreter
    var lua: Lua { interpreter.lua }
    init() throws {
        folder = Path.join(try PtySession.makeHome(), "train_date/APT")
        try Files.makeFolder(folder)
        for name in ["a.mp4", "b.mp4", "c.mp4"] { try AtomicFile.write("", to: Path.join(folder, name)) }
        interpreter = try Interpreter()
        try lua.setGlobal("folder", .string(folder))
        _ = try lua.run("ds = Dataset.open(folder)", name: "=test")
    }
    private func value(_ code: String) throws -> String {
        try lua.text(of: try lua.run("return " + code, name: "=test").first ?? .none)
    }
    private func error(_ code: String) -> String {
        do {
            _ = try lua.run(code, name: "=test")
            return "no error"
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("#ds", "3"), ("ds[1].name", "a.mp4"), ("ds[4]", "nil"), ("ds['b.mp4'].name", "b.mp4"), ("ds['x.mp4']", "nil"),
        ("ds.trigger", "APT"), ("ds.project", "APT"), ("ds[1] == ds[1]", "true"), ("ds[1] == ds[2]", "false"),
        ("#ds:slice(2)", "2"), ("#ds:slice(-1)", "1"), ("#ds:uncaptioned()", "3"), ("#ds:captioned()", "0"),
        ("ds:undo()", "nil"),
        ("tostring(ds[1]):match('^a.mp4\\n.*caption +%(none%)') ~= nil", "true"), ("ds[1].bytes", "0"),
        ("ds[1].is_image", "false"),
        ("#ds:filter(function(clip) return clip.name ~= 'b.mp4' end)", "2"),
        ("ds:sorted('name', {reverse = true})[1].name", "c.mp4"),
        ("ds:sorted(function(a, b) return a.name > b.name end)[1].name", "c.mp4"), ("#ds:find('^[ab]%.')", "2"),
        ("#ds:shuffled(7)", "3"), ("#ds:fix{}", "0"), ("ds:stats().clips", "3"), ("ds:stats().unreadable", "3"),
        ("json.encode(ds:fix{})", "[]"),
        ("json.decode(json.encode(ds:check{decode=false}))[1].kind", "uncaptioned"),
        ("#ds:check{decode=false} > 0 and ds:check{decode=false}[1].kind", "uncaptioned"),
    ]) func `reading`(code: String, expected: String) throws { #expect(try value(code) == expected) }

    @Test func `printing findings prints them, the first twenty and how many follow`() throws {
        let text = try value("ds:check{ decode = false }")
        #expect(text.contains("a.mp4") && text.contains("no caption") && !text.contains("record"), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { TextWidth.of(String($0)) <= 100 })
        for number in 0..<30 { try AtomicFile.write("", to: Path.join(folder, "more\(number).mp4")) }
        _ = try lua.run("ds = Dataset.open(folder)", name: "=test")
        let long = try value("ds:check{ decode = false }"), lines = long.split(separator: "\n")
        // A sentence of two lines is one row.
        let rows = lines.count { $0.drop { $0 == " " }.first?.isNumber == true }
        #expect(rows == 20 && lines.last == "… 46 more rows", "\(long)")
        #expect(try value("ds:fix{}") == "nothing to repair")
    }
    @Test func `what print shows of an object cannot steer the terminal, a plain string is as it is`() throws {
        let other = Path.join(folder, "other")
        try Files.makeFolder(other)
        try AtomicFile.write(
            #"[{"media_path": "a.mp4", "caption": "a\u001b[31mred\u0007"}, {"media_path": "b.mp4", "caption": "\u001b[2J"}]"#,
            to: Path.join(other, "captions.json"))
        _ = try lua.run("ds = Dataset.open(folder .. '/other')", name: "=test")
        for code in ["ds[1]", "ds", "ds:check{ decode = false }", "ds:captioned()"] {
            let text = try value(code)
            #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"), "\(code)")
        }
        #expect(try value("ds[1]").contains("\\x1b[31mred\\x07"))
        #expect(try value("ds[1].caption") == "a\u{1B}[31mred\u{7}")
    }
    @Test func `a view saves its clips`() throws {
        _ = try lua.run("ds[2].caption = 'x'; ds:captioned():save(folder .. '/view.csv')", name: "=test")
        #expect(try Files.text(Path.join(folder, "view.csv")) == "caption,media_path\nx,b.mp4\n")
    }

    @Test func `editing with Lua's patterns, and undo`() throws {
        _ = try lua.run("for i, clip in ipairs(ds) do clip.caption = 'The video shows clip ' .. i end", name: "=test")
        #expect(try value("ds:replace('^The video shows (%a+)', '%1:')") == "3")
        #expect(try value("ds[2].caption") == "clip: 2")
        #expect(try value("ds:replace('%d', function(d) return d * 2 end)") == "3")
        #expect(try value("ds[2].caption") == "clip: 4")
        #expect(try value("ds:replace('4', { ['4'] = 'four' })") == "1")
        #expect(try value("ds:slice(1, 1):prefix('x ')") == "1")
        #expect(try value("ds:undo()") == "prefix (now 'clip: 2')")
        #expect(try value("ds[1].caption") == "clip: 2")
        #expect(try value("ds:redo() and ds[1].caption") == "x clip: 2")
        _ = try lua.run("ds[3].excluded = true; ds[3].caption = nil; ds:remove(1); ds:save()", name: "=test")
        #expect(try Files.text(Path.join(folder, "captions.json")).contains("clip: four"))
        #expect(try value("ds:add('a.mp4', { caption = 'again' }).caption") == "again")
        _ = try lua.run("ds:save(folder .. '/copy.csv'); ds:close()", name: "=test")
        #expect(try Files.text(Path.join(folder, "copy.csv")).hasPrefix("caption,media_path"))
    }
    @Test(arguments: [
        ("ds.triger = 1", "trigger"), ("ds:split{ detektor = 'content' }", "detector"),
        ("ds:split{ detector = 'adaptve' }", "adaptive"),
        ("ds:split{ adaptive_threshold = 2 }", "an option of the detector \"adaptive\", not of \"content\""),
        ("ds:scan{ detector = 'hash', bins = 64 }", "histogram"),
        ("ds:scan{ detector = 'threshold', luma_only = true }", "\"content\" or \"adaptive\""),
        ("ds:scan{ detector = 'hash', size = 8, hash_size = 8 }", "another name of 'size'"),
        ("ds:split{ detector = 'adaptive', threshold = 2, adaptive_threshold = 2 }", "another name of 'threshold'"),
        ("ds:split{ kernel_size = 1 }", "kernel_size"),
        ("ds[1].caption = 7", "caption"), ("ds[1].caption = '\\xff'", "UTF-8"), ("ds:find('[')", "malformed pattern"),
        ("ds:replace('.', '', 1, 2, 3)", "at most 2"), ("Dataset.open('/no/such')", "/no/such"),
        ("ds:remove(9)", "no clip 9"),
        ("ds:sorted('lenght')", "duration"), ("ds.captionned()", "captioned"), ("ds:slice('x')", "first"),
        ("ds:filter(function() error('mine') end)", "mine"), ("ds[1].captoin = 'x'", "caption"),
        ("ds[1].width = 3", "cannot be assigned"), ("ds[1].reference = '/etc/x.mp4'", "outside"),
        ("return ds[1].width", "a.mp4"),
    ]) func `a wrong call says what is wrong`(code: String, part: String) {
        let text = error(code)
        #expect(text != "no error" && text.contains(part), "\(text)")
    }
}
