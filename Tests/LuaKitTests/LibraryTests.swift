import Base
import Glibc
import LuaKit
import TestSupport
import Testing

/// The standard functions that are ours: what the manual says of them.
@Suite struct LibraryTests {
    let lua: Lua
    init() throws { lua = try interpreter() }
    func run(_ source: String) -> String { evaluate(lua, source) }

    @Test(arguments: [
        ("('ab'):rep(3)", "ababab"), ("('ab'):rep(3, ',')", "ab,ab,ab"), ("('ab'):rep(1, ',')", "ab"),
        ("#('ab'):rep(0), #('ab'):rep(-1), #(''):rep(math.maxinteger)", "0 0 0"), ("(''):rep(4, '-')", "---"),
        ("#('x'):rep(1e8)", "100000000"), ("('abc'):rep(1e5, '--') == table.concat(T(1e5, 'abc'), '--')", "true"),
        ("table.concat({1, 2.5, 'x'}, '-')", "1-2.5-x"), ("table.concat({})", ""),
        ("table.concat({1, 2, 3}, '', 2)", "23"), ("table.concat({1, 2, 3}, ',', 2, 2)", "2"),
        ("#table.concat(T(2e5, 'ab'), ',')", "599999"), ("table.concat(T(2e5, 'x')) == ('x'):rep(2e5)", "true"),
        ("after({1, 2, 3}, table.insert, 4)", "1 2 3 4"), ("after({1, 2, 3}, table.insert, 1, 0)", "0 1 2 3"),
        ("after({1, 2, 3}, table.insert, 4, 9)", "1 2 3 9"), ("after({1, 2, 3}, table.remove)", "1 2"),
        ("after({1, 2, 3}, table.remove, 1)", "2 3"), ("after({1, 2, 3}, table.remove, 4)", "1 2 3"),
        ("table.remove({}), table.remove({}, 0), table.remove({7}, 1)", "nil nil 7"),
        ("after({3, 1, 2}, table.sort)", "1 2 3"),
        ("after({3, 1, 2}, table.sort, function(a, b) return a > b end)", "3 2 1"),
        ("sorted(2e5)", "true"), ("os.execute()", "true"), ("os.execute('exit 3')", "nil exit 3"),
        ("os.execute('true')", "true exit 0"), ("os.execute('kill -9 $$')", "nil signal 9"),
        ("load('x = 7 ' .. (' '):rep(2e6) .. 'return x')()", "7"),
        ("load('return y' .. (' '):rep(2e6), 'n', 't', {y = 8})()", "8"),
        ("select(2, load((' '):rep(2e6) .. ')', '=n'))", "n:1: unexpected symbol near ')'"),
    ]) func `what the manual says comes out`(expression: String, expected: String) {
        let helpers = """
            local function T(n, v) local t = {} for i = 1, n do t[i] = v end return t end
            local function after(t, f, ...) f(t, ...) return table.unpack(t) end
            local function sorted(n)
                local t = {} for i = 1, n do t[i] = i * 7919 % 1000003 end table.sort(t)
                for i = 2, n do if t[i - 1] > t[i] then return false end end return true
            end
            """
        let result = run(helpers + "\nreturn \(expression)")
        #expect(result == expected)
    }
    @Test(arguments: [
        ("('x'):rep(1e15 // 1 | 0, 'yy'):rep(1 << 40)", "too large"), ("('xx'):rep(1 << 63 >> 1)", "too large"),
        ("string.rep()", "bad argument #1 to 'rep' (string expected, got no value)"),
        ("table.concat({1, {}, 3})", "invalid value (table) at index 2 in table for 'concat'"),
        ("table.concat(T, ',', 1, 2e5 // 1 | 0)", "invalid value (nil) at index 100001 in table for 'concat'"),
        ("table.concat(3)", "bad argument #1 to 'concat' (table expected, got number)"),
        ("table.insert({}, 3, 1)", "bad argument #2 to 'insert' (position out of bounds)"),
        ("table.insert({})", "wrong number of arguments to 'insert'"),
        ("table.insert(nil, 1)", "bad argument #1 to 'insert' (table expected, got nil)"),
        ("table.remove({1}, 3)", "bad argument #2 to 'remove' (position out of bounds)"),
        ("table.remove({1}, -1)", "bad argument #2 to 'remove' (position out of bounds)"),
        ("table.sort({1, 'x'})", "attempt to compare"), ("table.sort(B)", "attempt to compare"),
        ("table.unpack({}, 1, 1e8)", "too many results to unpack"), ("('%99999d'):format(1)", "invalid conversion"),
        ("io.lines('/nowhere/at/all')", "/nowhere/at/all"), ("io.stdin.read(io.stdin, 'x')", "invalid format"),
        ("(function() local f = io.tmpfile() f:close() return f:read() end)()", "attempt to use a closed file"),
        ("io.stdin.read(3)", "bad argument #1 to 'read' (FILE* expected, got number)"),
    ]) func `a mistake is said as Lua says it`(expression: String, message: String) {
        _ = run("T = {} for i = 1, 1e5 do T[i] = i end B = {} for i = 1, 1e5 do B[i] = i B[i + 1] = 'x' end")
        #expect(run("return \(expression)").contains(message))
        #expect(run("return 1") == "1")
    }
    @Test func `files are read in all the ways of the manual`() throws {
        let path = Scratch.path("read")
        try AtomicFile.write("one\ntwo\n\n 42 0x1F nan\nlast", to: path)
        let open = "local f <close> = io.open('\(path)'); "
        #expect(run(open + "return f:read('a')") == "one\ntwo\n\n 42 0x1F nan\nlast")
        #expect(run(open + "return f:read('l', 'L', '*l')").replacing("\n", with: "|") == "one two| ")
        #expect(run(open + "f:read('l', 'l', 'l') return f:read('n', 'n', 'n')") == "42 31 nil")
        #expect(run(open + "return f:read(2, 0, 3)").replacing("\n", with: "|") == "on  e|t")
        #expect(run(open + "f:seek('end') return f:read('a'), f:read(0), f:read('l'), f:read(5)") == " nil nil nil")
        #expect(run(open + "local n = 0 for l in f:lines() do n = n + 1 end return n, f:seek('cur') > 0") == "5 true")
        #expect(
            run("local t = {} for a, b in io.lines('\(path)', 1, 2) do t[#t + 1] = a .. '-' .. b end return #t, t[1]")
                == "9 o-ne")
        #expect(run("local k for l in io.lines('\(path)', 'L') do k = l end return k") == "last")
        #expect(
            run(
                "io.input('\(path)') local a, b = io.read('l', 'n') for l in io.lines() do a = l break end io.close(io.input()) return a, b"
            ) == "two nil")
        #expect(run("return pcall(io.read)").contains("default input file is closed"))
        #expect(run("io.input(io.stdin) return io.open('/'):read()").contains("Is a directory"))
        #expect(
            run("local f = io.lines('\(path)') for _ = 1, 6 do f() end return pcall(f)").contains(
                "file is already closed"))
        #expect(run("return #io.open('/dev/zero'):read(1e6 // 1 | 0)") == "1000000")
        #expect(run("local f = io.popen('exit 5') return f:close()") == "nil exit 5")
        #expect(
            run("local f = io.popen('cat > \(path)', 'w') f:write('out') f:close() return io.open('\(path)'):read('a')")
                == "out")
        for mode in ["", "x", "rw", "r++", "rb+", "+"] {
            #expect(run("return io.open('\(path)', '\(mode)')").contains("bad argument #2 to 'open' (invalid mode)"))
        }
        #expect(
            run("local f = io.open('\(path)', 'a+b') f:write('x') return io.type(f), f:close(), io.type(f)")
                == "file true closed file")
        #expect(run("return io.open('/nowhere/at/all')") == "nil /nowhere/at/all: No such file or directory 2")
        #expect(run("return pcall(io.popen, 'true', 'x')").contains("invalid mode"))
        #expect(run("return io.type(io.popen('true'))") == "file")
        // A collection does not wait for them: none has come to its end.
        let end = Scratch.path("waited-for"), gate = Scratch.path("gate")
        let child = "n=0; until [ -e \(gate) ] || [ $n -ge 3000 ]; do n=$((n + 1)); sleep 0.1; done; : > \(end)"
        #expect(run("for _ = 1, 80 do io.popen('\(child)') end collectgarbage() collectgarbage() return 1") == "1")
        #expect(!Files.exists(end))
        #expect(throws: Never.self) { try AtomicFile.write("", to: gate) }
        #expect(
            run("local f = io.popen('printf a; sleep 0.2; printf b') return f:read(1), f:read('a'), f:close()")
                == "a b true exit 0")
    }
    @Test func `a table that grows without end is an error before the machine is full`() {
        lua.limitMemory(to: lua.memory + 64_000_000)
        for code in [
            "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end",
            "local s = 'x' while true do s = s .. s end",
            "table.concat(setmetatable({}, {__index = function() return 'xxxxxxxxxx' end}), ',', 1, 1e15 // 1 | 0)",
            "return ('x'):rep(2e9)", "return ('x'):rep(200, ('y'):rep(1e7))", "return io.open('/dev/zero'):read('a')",
            "return io.popen('yes'):read('a')", "return io.lines('/dev/zero')()",
            "return ('x'):rep(3e7):gsub('.', '%0%0%0')",
            "local t = {} for i = 1, 1e9 do t[i] = i end",
            "return string.format('%s%s', ('x'):rep(3e7), ('y'):rep(3e7))",
            "local function f(n) return f(n + 1) + 1 end return f(1)",
            "return coroutine.wrap(function() return ('x'):rep(1e9) end)()",
        ] {
            let text = run("local ok, e = pcall(function() \(code) end) return ok, type(e) == 'table' and e.kind or e")
            #expect(text == "false oom" || text.contains("stack overflow"), "\(code): \(text)")
            lua.collectGarbage()
        }
        #expect(run("return 1 + 1") == "2")
    }
    @Test func `the limit follows from the machine's memory`() throws {
        let pages = sysconf(Int32(_SC_PHYS_PAGES)), size = sysconf(Int32(_SC_PAGESIZE))
        #expect(Lua.defaultMemoryLimit > 0)
        #expect(Lua.defaultMemoryLimit <= pages * size / 4 * 3)
    }
}
