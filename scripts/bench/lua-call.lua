-- What a call from Lua into a binding costs: ltxsh scripts/bench/lua-call.lua [CALLS]
local count = tonumber(arg[1]) or 1000000
local function measure(name, body)
    body(count // 10)
    local best = math.huge
    for _ = 1, 3 do
        local start = time()
        body(count)
        best = math.min(best, time() - start)
    end
    print(("%-28s %7.0f ns"):format(name, best / count * 1e9))
end
local cfg = Config.default()
measure("empty loop", function(n) for _ = 1, n do end end)
measure("Lua function", function(n) local f = function() end for _ = 1, n do f() end end)
measure("no argument: time()", function(n) local f = time for _ = 1, n do f() end end)
measure("one argument: json.encode(1)", function(n) local f = json.encode for _ = 1, n do f(1) end end)
measure("option table: encode(1, {})", function(n) local f, o = json.encode, { pretty = false } for _ = 1, n do f(1, o) end end)
measure("namespace lookup: fs.exists", function(n) local s = fs for _ = 1, n do local _ = s.exists end end)
measure("object method: cfg.validate", function(n) for _ = 1, n do local _ = cfg.validate end end)
measure("named element: cfg.seed", function(n) for _ = 1, n do local _ = cfg.seed end end)
