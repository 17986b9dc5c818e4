import Glibc
import LuaKit
import Testing

/// Our matcher beside the library's: the same results and the same errors for random patterns.
@Suite struct PatternComparisonTests {
    /// Pieces that make most patterns well formed, and enough of them not.
    static let script = """
        local library = debug.getregistry()["ltxsh.library"]
        local ours = { find = string.find, match = string.match, gmatch = string.gmatch, gsub = string.gsub }
        for name, body in pairs(ours) do assert(library[name] and library[name] ~= body, name) end
        local random = math.random
        local letters = { "a", "b", "c", "A", "1", "2", " ", ".", "-", "%", "(", ")", "[", "]", "\\0", "\\xff", "_", "^", "$" }
        local items = {
            "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%W", "%x", "%p", "%u", "%l", "%c", "%g", "%z", "%%", "%.", "%-", "%(",
            "[ab]", "[^ab]", "[a-c]", "[%a_]", "[^%s]", "[]]", "[^]]", "[a-]", "[%-a]", "[a-%%]", "[%w%-]", "(", ")", "()",
            "(a)", "(.)", "(a*)", "%1", "%2", "%9", "%0", "%b()", "%bab", "%baa", "%f[%w]", "%f[^%w]", "%f[\\0]", "$", "^",
            "\\0", "\\xff", "1", "A", "[", "]", "%", "%b", "%bx", "%f", "%fa", "[a", "[^", "[%", "[a-", "-", "*", "?", "+",
        }
        local counts = { "", "", "", "", "*", "+", "-", "?" }
        local function text(from, n)
            local t = {}
            for i = 1, random(0, n) do t[i] = from[random(#from)] end
            return table.concat(t)
        end
        local function pattern()
            local t = {}
            if random(6) == 1 then t[1] = "^" end
            for _ = 1, random(0, 6) do t[#t + 1] = items[random(#items)] .. counts[random(#counts)] end
            if random(8) == 1 then t[#t + 1] = "$" end
            return table.concat(t)
        end
        local pieces = { "%0", "%1", "%2", "%%", "x", "yz", "%", "%a", "\\0", "%9" }
        local replacements = {
            function() return text(pieces, 3) end, function() return random(100) end, function() return 1.5 end,
            function() return { a = "A", b = false, ["1"] = 1, [1] = "first", c = true } end,
            function() return setmetatable({}, { __index = function(_, k) return "<" .. tostring(k) .. ">" end }) end,
            function() return function(...) return select("#", ...) .. tostring((...)) end end,
            function() return function(a) if a == "a" then return false end end end,
            function() return function(a) if a == "b" then error("stopped", 0) end return nil end end,
            function() return function() return {} end end, function() return nil end, function() return true end,
        }
        local function starts() return ({ nil, nil, 1, 0, -1, 2, 3, -2, 5, 100, -100, math.mininteger, math.maxinteger })[random(13)] end
        -- Results as one text: types too, so that 1 and "1" differ.
        local function outcome(...)
            local t = table.pack(pcall(...))
            local out = {}
            for i = 1, t.n do out[i] = math.type(t[i]) or type(t[i]); out[i] = out[i] .. ("%q"):format(tostring(t[i])) end
            -- Only what stands in the table `string` has a name for the messages.
            return (library.gsub(table.concat(out, " "), "'string%.%a+'", "'?'"))
        end
        local function all(gmatch, s, p, init)
            local out = {}
            for a, b in gmatch(s, p, init) do
                out[#out + 1] = tostring(a) .. "|" .. tostring(b)
                if #out > 50 then break end
            end
            return table.concat(out, "\\1")
        end
        local failed, errors, found = {}, 0, 0
        local function compare(name, what, ...)
            local x, y
            if name == "gmatch" then
                x, y = outcome(all, ours.gmatch, ...), outcome(all, library.gmatch, ...)
            else
                x, y = outcome(ours[name], ...), outcome(library[name], ...)
            end
            if x:sub(1, 12) == 'boolean"true' then found = found + 1 else errors = errors + 1 end
            if x ~= y and #failed < 5 then
                failed[#failed + 1] = name .. " " .. what .. "\\n  ours:    " .. x .. "\\n  library: " .. y
            end
        end
        local rounds, seed = ...
        math.randomseed(seed)
        for _ = 1, rounds do
            local s, p, init, plain = text(letters, 12), pattern(), starts(), random(10) == 1
            local what = ("%q %q %s"):format(s, p, tostring(init))
            compare("find", what, s, p, init, plain)
            compare("match", what, s, p, init)
            compare("gmatch", what, s, p, init)
            local make, n = replacements[random(#replacements)], ({ nil, nil, nil, 1, 2, 0, -1 })[random(7)]
            local repl = make()
            compare("gsub", what .. (" %s %s"):format(tostring(repl), tostring(n)), s, p, repl, n)
        end
        -- How many repetitions and captures a pattern may have, to the last one.
        local many = ("a"):rep(250)
        for _, item in ipairs { "a?", "a*", "a-", "b?", "b*", "b-", "(", "()", "(a)", "a" } do
            for n = 28, 210 do
                if n < 36 or n > 95 and n < 105 or n > 190 then
                    compare("match", item .. " times " .. n, many, item:rep(n))
                end
            end
        end
        local shown = library.gsub(table.concat(failed, "\\n"), "[\\x80-\\xff]", function(c) return "\\\\" .. c:byte() end)
        return shown, errors, found
        """

    @Test(arguments: [1, 2, 3])
    func `random patterns give what the library gives, errors too`(seed: Int) throws {
        let lua = try interpreter()
        let rounds = getenv("LTXSH_FULL_TESTS") == nil ? 6_000 : 300_000
        let results = try lua.run(Self.script, name: "=compare", arguments: [.integer(rounds), .integer(seed)])
        #expect(results[0].string == "")
        // The patterns are worth something only while both kinds occur.
        #expect(try #require(results[1].integer) > rounds / 4)
        #expect(try #require(results[2].integer) > rounds)
    }
}
