import Base
import LuaKit
import Testing

@Suite struct BridgeTests {
    let lua: Lua
    init() throws { lua = try interpreter() }
    func run(_ source: String) -> String { evaluate(lua, source) }

    @Test func `values cross in both directions unchanged`() {
        #expect(
            run("return kit.echo(true), kit.echo(3), kit.echo(3.0), kit.echo(0.1), kit.echo(nil)")
                == "true 3 3.0 0.1 nil")
        #expect(run("return kit.echo(math.mininteger), kit.echo(math.huge)") == "-9223372036854775808 inf")
        #expect(run("return #kit.echo_bytes('a\\0b\\xff'), kit.echo_bytes('a\\0b\\xff') == 'a\\0b\\xff'") == "4 true")
        #expect(run("return kit.echo('a\\0\\xff') == 'a\\0\\xff', kit.echo('雪 🎬')") == "true 雪 🎬")
    }
    @Test func `nested tables come back equal`() {
        #expect(
            run("local t = kit.echo{1, {2, x={y='z'}}, a=1.5}; return t[1], t[2][1], t[2].x.y, t.a, #t")
                == "1 2 z 1.5 2")
    }
    @Test func `a table that contains itself is refused with a sentence`() {
        #expect(run("local t = {}; t.t = t; return kit.echo(t)").contains("nested deeper than 64"))
        #expect(run("local t = {}; for i = 1, 40 do t = {t, t} end return kit.echo(t)").contains("4 million entries"))
        #expect(run("return 1") == "1")
    }
    @Test func `several results arrive in order`() { #expect(run("return kit.new():pair()") == "0 two") }
    @Test func `the same object is the same value`() {
        #expect(
            run("local b = kit.new(); return b:open_lid() == b:open_lid(), rawequal(b:open_lid(), b:open_lid())")
                == "true true")
        #expect(run("local b = kit.new(); local t = {[b:open_lid()] = 1}; return t[b:open_lid()]") == "1")
    }
    @Test func `collected objects are freed`() throws {
        let before = lua.heldObjects
        #expect(run("for i = 1, 1000 do kit.new():open_lid() end") == "")
        lua.collectGarbage()
        #expect(lua.heldObjects == before)
    }
    @Test(arguments: ["", "collectgarbage('generational') "])
    func `heavy objects that are dropped do not pile up until the collector comes for their boxes`(mode: String) {
        let loop =
            "local most = 0; for i = 1, 600 do kit.weight(1000000); most = math.max(most, kit.held()) end return most"
        let most = Int(run(mode + loop)) ?? .max
        #expect(most < 40)
    }
    @Test func `heavy objects that are held stay, and small ones bring no collection`() {
        #expect(run("t = {} for i = 1, 600 do t[i] = kit.weight(1000000) end return kit.held(), #t") == "600 600")
        #expect(run("t = nil collectgarbage() return kit.held()") == "0")
        #expect(run("for i = 1, 100 do kit.weight(10) end return kit.held()") == "100")
    }
    @Test func `a collector that was stopped stays so, and makes up for it later`() {
        let loop = "for i = 1, 100 do kit.weight(1000000) end "
        #expect(run("collectgarbage('stop') \(loop) return kit.held()") == "100")
        #expect(run("collectgarbage('restart') kit.weight(1000000) return kit.held() < 10") == "true")
        // A finalizer that makes more of them does not start the collector within itself.
        #expect(run("setmetatable({}, { __gc = function() \(loop) end }) collectgarbage() return 1") == "1")
    }
    @Test func `functions are called back and their errors keep their identity`() {
        let box = "local b = kit.new(); b:fill{'ab', 'c', 'de'}; "
        #expect(run(box + "return #b:filter(function(s) return #s == 2 end)") == "2")
        #expect(
            run(
                box
                    + "local e = {}; local ok, got = pcall(b.filter, b, function() error(e) end); return ok, rawequal(e, got)"
            ) == "false true")
        #expect(run(box + "return b:filter(function(s) return kit.new():filter(error) end)") != "")
        #expect(
            run(box + "b:filter(function() local x = nil; return x.y end)").contains("attempt to index a nil value"))
    }
    @Test func `a function that outlives its call can be called later`() throws {
        #expect(run("local n = 0; kit.kept(function(x) n = n + x; return n end)") == "")
        let body = try #require(kept.withLock { $0 })
        #expect(try body.call(.integer(2)).first?.integer == 2)
        #expect(try body.call(.integer(3)).first?.integer == 5)
    }
    @Test func `errors are tables with kind and place`() {
        #expect(
            run("local ok, e = pcall(Box.open, 'nowhere'); return e.kind, e.path, tostring(e)")
                == "file.missing nowhere no such file or folder: 'nowhere'")
        #expect(run("\n\nlocal ok, e = pcall(function() Box.open('nowhere') end); return e.where") == "test:3")
        #expect(run("local ok, e = pcall(kit.new().stop, kit.new()); return e.kind") == "cancelled")
    }
    @Test func `the traceback names the user's own frames`() throws {
        do {
            try lua.run(
                "local function f()\n  Box.open('nowhere')\nend\nlocal function g() f() end\ng()", name: "@a.lua")
            Issue.record("no error")
        } catch let error as LuaFailure {
            #expect(error.position == "a.lua:2")
            #expect(
                error.traceback.first == "a.lua:2: in function 'f'"
                    || error.traceback.first == "a.lua:2: in upvalue 'f'")
            #expect(error.traceback.last == "a.lua:5: in main chunk")
        }
    }
    @Test func `forged and foreign userdata are refused`() {
        let forge = "local mt = debug.getmetatable(kit.new()); "
        #expect(run(forge + "return pcall(debug.setmetatable, io.stdout, mt)").hasPrefix("false"))
        #expect(run(forge + "return pcall(mt.__gc, io.stdout), pcall(mt.__gc, 3), pcall(mt.__gc)").hasPrefix("true"))
        #expect(run(forge + "return pcall(mt.__index, io.stdout, 'count')").hasPrefix("false"))
        #expect(run(forge + "return pcall(kit.new().add, io.stdout, 'x')").hasPrefix("false"))
        #expect(run(forge + "local b = kit.new(); mt.__gc(b); return pcall(b.add, b, 'x')").hasPrefix("false"))
        #expect(run("return getmetatable(kit.new()), getmetatable(Box)") == "ltxsh ltxsh")
        #expect(run("return pcall(setmetatable, Box, {})").hasPrefix("false"))
    }
    @Test func `a tampered closure cannot reach past the table of functions`() {
        #expect(run("debug.setupvalue(kit.new, 1, 999999); return kit.new()") == "")
    }
    @Test func `chunks are text`() {
        #expect(run("return load(string.dump(function() end))").contains("attempt to load a binary chunk"))
        #expect(run("return load('return 1', 'x', 'b')").hasPrefix("nil"))
        #expect(run("return load('return x', 'x', 't', {x=7})()") == "7")
    }
    @Test func `a to-be-closed object is closed`() {
        #expect(run("local b = kit.new(); do local c <close> = b end return b.title") == "nil")
    }
    @Test func `out of memory is an error with a kind and the interpreter lives on`() {
        lua.limitMemory(to: lua.memory + 8_000_000)
        #expect(run("local ok, e = pcall(string.rep, 'x', 1 << 24); return ok, e.kind") == "false oom")
        #expect(run("local t = {} for i = 1, 1e8 do t[i] = {} end").contains("not enough memory"))
        #expect(run("return 1 + 1") == "2")
    }
    /// Each kind of call of the bridge, and what it gives.
    @Test(arguments: [
        ("return kit.new().count", "0"), ("return kit.echo('text')", "text"), ("return #kit.echo_bytes('a\\0b')", "3"),
        ("local t = kit.echo{1, {2, x = {y = 'z'}}, a = 1.5} return t[2].x.y", "z"),
        (
            "local b = kit.new(); b:fill{'a', 'b'}; return b:filter(function(s) return s == 'a' end)[1], b:open_lid():close()",
            "a true"
        ),
        ("return kit.new():scan{threshold = 3, mode = 'slow', length = '36f'}", "3.0 slow nil 36f"),
        ("local b = kit.new() b:fill({'a'}, {times = 3}) return #b", "3"), ("return kit.new():pair()", "0 two"),
        ("local ok, e = pcall(Box.open, 'nowhere') return e.kind", "file.missing"),
        ("local ok, e = pcall(kit.new().scan, kit.new(), {thresold = 3}) return ok, e.usage ~= nil", "false true"),
        ("local b = kit.new() b.title = 'x' return b.title, tostring(b), b == b", "x Box of 0 true"),
        (
            "local n = 0 local b = kit.new() b:fill{'x', 'y'} for i, v in pairs(b) do n = n + i end return n, b[2]",
            "3 y"
        ),
        ("local c <close> = kit.new() return kit.both(c)", "box"), ("return kit.maybe{n = 5}", "5"),
        ("return kit.new():open_lid().colour", "red"), ("kit.kept(function() end) return 1", "1"),
        ("local b = kit.new() b:fill{'a'} return (pcall(b.filter, b, function() error({}) end))", "false"),
        ("return coroutine.wrap(function() return kit.new():open_lid().colour end)()", "red"),
        ("return ('a1b2'):gsub('%d', {['1'] = 'x'})", "axb2 2"),
        ("local t = {} for w in ('a b'):gmatch('%a') do t[#t + 1] = w end return #t", "2"),
        ("return table.concat({1, 2, 3}, ('-'):rep(3))", "1---2---3"), ("return load('return 1')()", "1"),
        (
            "local f = io.tmpfile() f:write('a\\nb') f:seek('set') for l in f:lines() do kit.echo(l) end return f:close()",
            "true"
        ),
        ("local f = io.popen('echo x') local s = f:read('a') f:close() return s", "x\n"),
    ])
    func `an allocation that fails anywhere in a call is an error, leaks nothing and harms nothing`(
        code: String, result: String
    ) throws {
        #expect(run(code) == result)
        lua.collectGarbage()
        let held = lua.heldObjects
        var place = 0
        while place < 4000 {
            lua.failAllocation(after: place)
            let text = run(code)
            lua.failAllocation(after: -1)
            if text == result { break }
            lua.collectGarbage()
            #expect(lua.heldObjects == held, "after failing allocation \(place): \(text)")
            #expect(run("return kit.echo(1 + 1), ('x'):rep(3)") == "2 xxx", "after failing allocation \(place)")
            place += 1
        }
        #expect(place > 1 && place < 4000)
        #expect(run(code) == result)
    }
    @Test func `incomplete and wrong chunks are told apart`() {
        #expect(lua.check("for i = 1, 2 do") == .incomplete)
        #expect(lua.check("return 'a") != .incomplete)
        #expect(lua.check("x = [[a") == .incomplete)
        #expect(lua.check("x = = 2") != .complete)
        #expect(lua.check("x = 2") == .complete)
    }
    @Test func `looking at tables runs no code of the user`() throws {
        _ = run("t = setmetatable({a=1, [2]='b'}, {__index=function() error('ran') end, __pairs=error, __len=error})")
        let table = try #require(try lua.global("t").reference)
        #expect(try table.entries().count == 2)
        #expect(try table.raw(.string("nothing")).isNil)
        #expect(try table.raw(.string("a")).integer == 1)
        #expect(try table.copy()["a"].integer == 1)
    }
}
