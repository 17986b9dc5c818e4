import LuaKit
import Testing

/// Lua's patterns, which are matched by code of ours: what the manual says, and the library's own functions beside it.
@Suite struct PatternTests {
    let lua: Lua
    init() throws { lua = try interpreter() }
    func run(_ source: String) -> String { evaluate(lua, source) }

    @Test(arguments: [
        ("('hello world'):find('wor')", "7 9"), ("('hello'):find('l', 1, true)", "3 3"),
        ("('a.b'):find('.', 2, true)", "2 2"), ("('hello'):find('')", "1 0"), ("('hello'):find('', 6)", "6 5"),
        ("('hello'):find('', 7)", "nil"), ("('hello'):find('h', -5)", "1 1"), ("('hello'):find('h', -99)", "1 1"),
        ("('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key value"), ("('hello'):match('.-(l+)(.*)')", "ll o"),
        ("('THE (quick) fox'):find('%((%a+)%)')", "5 11 quick"), ("('hello'):match('()ll()')", "3 5"),
        ("('THE (quick) fox'):match('%f[%a]%a+%f[%A]', 5)", "quick"), ("('f(a(b)c)d'):match('%b()')", "(a(b)c)"),
        ("('\"it is\" x'):match('([\"\\']).-%1')", "\""), ("('2024-01-02'):match('(%d+)-(%d+)-(%d+)')", "2024 01 02"),
        ("('a]b'):match('[]]')", "]"), ("('a^b'):match('[b^]')", "^"), ("('a-z'):match('[a%-]+')", "a-"),
        ("('x^y'):match('^^')", "nil"), ("('a$b'):match('$b')", "$b"), ("('abc'):match('c$')", "c"),
        ("('\\0a\\0'):find('%z')", "1 1"), ("('a\\0b'):match('a\\0b') == 'a\\0b'", "true"),
        ("('abc'):gsub('%w', '%0%0')", "aabbcc 3"), ("('hello world'):gsub('o', '0', 1)", "hell0 world 1"),
        ("('abc'):gsub('', '-')", "-a-b-c- 4"), ("('abc'):gsub('b*', 'x')", "xaxcx 3"),
        ("('hello'):gsub('l', {l = 'L'})", "heLLo 2"), ("('hello'):gsub('.', {l = false})", "hello 5"),
        ("('abc'):gsub('%w', function(c) if c == 'b' then return 7 end end)", "a7c 3"),
        ("('abc'):gsub('^a', 'x')", "xbc 1"), ("('aaa'):gsub('^a', 'x')", "xaa 1"),
        ("('abc'):gsub('b', '%%')", "a%c 1"),
        ("('abc'):gsub('()', '%1')", "1a2b3c4 4"), ("string.gsub(12, 2, 3)", "13 1"),
        ("string.find(1234, 23)", "2 3"), ("('abc'):gsub('x', 'y') == 'abc'", "true"),
    ]) func `what the manual says of a pattern is what comes out`(expression: String, expected: String) {
        #expect(run("return \(expression)") == expected)
    }
    @Test(arguments: [
        ("('a'):find('%')", "malformed pattern (ends with '%')"),
        ("('a'):find('[a')", "malformed pattern (missing ']')"),
        ("('a'):find('[]')", "malformed pattern (missing ']')"),
        ("('a'):find('[^]')", "malformed pattern (missing ']')"),
        ("('a'):find('[a%]')", "malformed pattern (missing ']')"),
        ("('a'):find('%b')", "malformed pattern (missing arguments to '%b')"),
        ("('a'):find('%bx')", "malformed pattern (missing arguments to '%b')"),
        ("('a'):find('%f')", "missing '[' after '%f' in pattern"), ("('a'):find('(a')", "unfinished capture"),
        ("('a'):find('.)')", "invalid pattern capture"), ("('a'):find('%1')", "invalid capture index %1"),
        ("('a'):find('(%1)')", "invalid capture index %1"), ("('alo'):gsub('(%0)', 'a')", "invalid capture index %0"),
        ("('alo'):gsub('.', '%2')", "invalid capture index %2"),
        ("('alo'):gsub('.', '%x')", "invalid use of '%' in replacement string"),
        ("('alo'):gsub('.', '%')", "invalid use of '%' in replacement string"),
        ("('a'):gsub('a', function() return {} end)", "invalid replacement value (a table)"),
        ("('a'):gsub('a', true)", "bad argument #2 to 'gsub' (string/function/table expected, got boolean)"),
        ("string.find()", "bad argument #1 to 'find' (string expected, got no value)"),
        ("('a'):find({})", "bad argument #1 to 'find' (string expected, got table)"),
        ("('a'):find('a', 'x')", "bad argument #2 to 'find' (number expected, got string)"),
        ("('a'):find('a', 1.5)", "bad argument #2 to 'find' (number has no integer representation)"),
        ("('a'):find(('()'):rep(33))", "too many captures"),
        ("('a'):rep(300):match(('a?'):rep(300))", "pattern too complex"),
    ]) func `a mistake in a pattern is said as Lua says it`(expression: String, message: String) {
        #expect(run("return \(expression)") == "test:1: \(message)")
    }
    @Test func `gmatch goes on behind each match and takes a start`() {
        let all = "local t = {}; for a, b in ("
        let end = ") do t[#t + 1] = tostring(a) .. (b and '=' .. b or '') end return table.concat(t, ',')"
        #expect(run(all + "'a=1, bc=22'):gmatch('(%w+)=(%w+)'" + end) == "a=1,bc=22")
        #expect(run(all + "'abc'):gmatch('%w*'" + end) == "abc")
        #expect(run(all + "'a,b'):gmatch('%w*'" + end) == "a,b")
        #expect(run(all + "'abc'):gmatch('()'" + end) == "1,2,3,4")
        #expect(run(all + "'abcd'):gmatch('%w', 3" + end) == "c,d")
        #expect(run(all + "'abcd'):gmatch('%w', -1" + end) == "d")
        #expect(run(all + "'abcd'):gmatch('%w', 9" + end) == "")
        #expect(run(all + "'abcd'):gmatch('%w*', 5" + end) == "")
        #expect(run("return ('x'):gmatch('(')()") == "test:1: unfinished capture")
    }
    @Test func `an iterator that a script tampered with is an error`() {
        let tamper = "local f = ('abc'):gmatch('.'); "
        #expect(run(tamper + "debug.setupvalue(f, 1, nil); return f()").contains("tampered"))
        #expect(run(tamper + "debug.setupvalue(f, 3, -5); return f()").contains("tampered"))
        #expect(run(tamper + "debug.setupvalue(f, 3, math.maxinteger); return f()") == "")
        #expect(run(tamper + "debug.setupvalue(f, 1, ''); f(); return f()") == "")
    }
    @Test func `a long text and a long pattern are no trouble`() {
        #expect(
            run("local s = ('a'):rep(300000); return s:find(s .. 'b'), #s:match('.*'), #s:match('.-$')")
                == "nil 300000 300000")
        #expect(run("local s = ('a'):rep(100000) .. 'b'; return s:find('.-b')") == "1 100001")
        #expect(run("return select('#', ('x'):find(('(x?)'):rep(32)))") == "34")
        #expect(run("local s = ('('):rep(100000) .. (')'):rep(100000); return s:find('%b()')") == "1 200000")
    }
}
