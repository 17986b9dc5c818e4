import Glibc
import LuaKit
import Synchronization
import TestSupport
import Testing

/// One at a time: they use the process's signal handler.
@Suite(.serialized) struct InterruptTests {
    private static let signals = Atomic(0)

    /// Runs the chunk and interrupts it by a real signal after 50 ms. Returns what came of it and how many signals it took.
    private func interrupted(_ source: String) throws -> (String, signals: Int) {
        let lua = try interpreter()
        lua.receiveInterrupts()
        // The threads that run tests block signals.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        Self.signals.store(0, ordering: .relaxed)
        signal(SIGALRM) { _ in
            InterruptTests.signals.add(1, ordering: .relaxed)
            Lua.interrupt()
        }
        // The timer's signal goes to any thread; the bridge passes it on as SIGINT to the one that runs Lua.
        signal(SIGINT) { _ in Lua.interrupt() }
        defer { signal(SIGINT, SIG_DFL) }
        // Sent again, so that an interrupt that was lost fails the test and does not hang it.
        var timer = itimerval(
            it_interval: timeval(tv_sec: Int(Patience.limit), tv_usec: 0),
            it_value: timeval(tv_sec: 0, tv_usec: 50_000))
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
        var result = "nothing"
        do { result = "\(try lua.run(source).count) results" } catch let error as LuaFailure { result = error.kind }
        var never = itimerval()
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &never, nil)
        lua.clearStop()
        #expect(try lua.run("return 1 + 1")[0].integer == 2)
        return (result, Self.signals.load(ordering: .relaxed))
    }

    @Test(arguments: [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(error, function() end) end",
        "local co = coroutine.wrap(function() while true do end end); co()",
        "local co = coroutine.create(function() while true do coroutine.yield() end end); while true do coroutine.resume(co) end",
        "local function f() return f() end; f()",
        "goto a ::a:: goto a",
        "while true do local t <close> = setmetatable({}, {__close=function() end}) end",
        "while true do string.rep('x', 1000) end",
        "while true do ('x'):gsub('.', '%0') end",
        "table.sort({1,2,3,4,5}, function() while true do end end)",
        "local b = kit.new(); b:fill{'a'}; b:filter(function() while true do end end)",
        "while true do kit.echo(1) end",
        "repeat until load(function() return ' ' end)",
        "('a'):rep(40):find(('a-'):rep(20) .. 'b')",
        "('a'):rep(4000):match(('a*'):rep(20) .. 'b')",
        "('a'):rep(40):gsub(('a?'):rep(40) .. ('a'):rep(41), '')",
        "for _ in ('a'):rep(100):gmatch(('.-'):rep(30) .. 'b') do end",
        "while true do pcall(string.find, ('a'):rep(40), ('a-'):rep(20) .. 'b') end",
        "coroutine.wrap(function() ('a'):rep(40):find(('a-'):rep(20) .. 'b') end)()",
        "local s = ('('):rep(1 << 20); while true do s:gsub('%b()', '') end",
        "while true do ('x'):rep(1e8) end",
        "table.insert(setmetatable({}, {__len = function() return 1e15 // 1 | 0 end}), 1, 'x')",
        "table.remove(setmetatable({}, {__len = function() return 1e15 // 1 | 0 end}), 1)",
        "table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, math.maxinteger)",
        "local t = {} for i = 1, 1e6 do t[i] = i * 7919 % 1000003 end while true do table.sort(t) end",
        "io.open('/dev/zero'):read('a')", "io.open('/dev/zero'):read('l')", "io.open('/dev/zero'):read(1e15 // 1 | 0)",
        "for l in io.lines('/dev/zero') do end", "for l in io.lines('/dev/zero', 1000) do end",
        "io.popen('yes'):read('a')", "io.popen('exec tail -f /dev/null'):read('a')", "io.popen('yes \"\"'):read('n')",
        "p = os.tmpname() os.remove(p) os.execute('mkfifo ' .. p) io.open(p)",
        "os.execute('sleep 600')", "while true do os.execute('sleep 600') end",
        "os.execute([[trap '' INT; sleep 600; sleep 600]])", "load(('a=1 '):rep(3e7))",
        "while true do local ok = pcall(io.lines('/dev/zero')) end",
    ])
    func `a runaway chunk is stopped by the first interrupt`(source: String) throws {
        let (result, signals) = try interrupted(source)
        #expect(result == "interrupted" && signals == 1)
    }
    @Test(arguments: [
        "b = kit.stopped()", "b = kit.stopped() while true do end", "t = {} t.x = kit.stopped() b = t.x",
    ])
    func `the statement that a stop came in has what its call came to`(source: String) throws {
        let lua = try interpreter()
        _ = try? lua.run(source)
        #expect(lua.isStopping)
        lua.clearStop()
        #expect(evaluate(lua, "return b and b.count or t.x.count") == "0")
    }
    @Test func `a read that was stopped loses nothing of what comes next`() throws {
        let lua = try interpreter()
        lua.receiveInterrupts()
        _ = try lua.run("f = io.popen('sleep 0.3; echo one; echo two')")
        let (result, signals) = try interrupted("io.popen('exec tail -f /dev/null'):read()")
        #expect(result == "interrupted" && signals == 1)
        #expect(evaluate(lua, "return f:read(), f:read(), f:read(), f:close()") == "one two nil true exit 0")
    }
    @Test func `exit ends a chunk through every pcall and closes what is to be closed`() throws {
        let lua = try interpreter()
        #expect(throws: LuaFailure.self) {
            try lua.run(
                "local c <close> = setmetatable({}, {__close=function() closed = true end}); pcall(pcall, kit.exit); x = 1"
            )
        }
        #expect(lua.isExiting)
        lua.clearStop()
        #expect(try lua.global("x").isNil)
        #expect(try lua.global("closed").bool != nil)
    }
}
