-- Calls every global, function, method and property of the bindings with values from a hostile pool.
-- Arguments: number of calls, seed. Runs in an empty folder and writes nowhere else: paths are relative, and functions that
-- would leave it (shell commands, editors, the network) are not ours to call here.
local count, seed = tonumber(arg[1]) or 1000, tonumber(arg[2]) or 1
math.randomseed(seed)
local random, type, pcall, pairs, ipairs, select = math.random, type, pcall, pairs, ipairs, select
local unpack, getmetatable, rawequal = table.unpack, debug.getmetatable, rawequal

-- Absolute paths would leave the sandbox; nothing in the pool is one.
local cyclic = {}
cyclic.self = cyclic
local raising = setmetatable({}, {
    __index = function() error("raised") end, __len = function() error("raised") end,
    __pairs = function() error("raised") end, __tostring = function() error("raised") end,
})
local deep = {}
for _ = 1, 100 do deep = { deep } end
local long = ("x"):rep(1 << 20)
local thread = coroutine.create(function() coroutine.yield() end)
local pool = {
    function() return nil end, function() return true end, function() return false end, function() return 0 end,
    function() return 1 end, function() return -1 end, function() return 2 end, function() return 0 / 0 end,
    function() return 1 / 0 end, function() return -1 / 0 end, function() return math.maxinteger end,
    function() return math.mininteger end, function() return 0.5 end, function() return 1e308 end,
    function() return random(-10, 100) end, function() return "" end, function() return "x" end,
    function() return "a\0b" end, function() return "\xff\xfe" end, function() return long end,
    function() return "clips" end, function() return "clips/a.mp4" end, function() return "nowhere/at/all" end,
    function() return "config.yaml" end, function() return "../" end, function() return "%d%s%n" end,
    function() return "768x448x89" end, function() return "36f" end, function() return "1.5s" end,
    function() return "\27[31m" end, function() return "雪🎬" end, function() return {} end,
    function() return { 1, 2, 3 } end, function() return { a = 1, b = { c = 2 } } end, function() return cyclic end,
    function() return raising end, function() return deep end, function() return { [{}] = 1, [0.5] = 2 } end,
    function() return thread end, function() return io.stdout end, function() return print end,
    function() return function(...) return ... end end, function() return function() error("called back") end end,
    function() return function() error({}) end end, function() return { nan = 0 / 0 } end,
}

-- What must not be called: it waits for a person, or for what never comes.
local forbidden = { ["Dataset:edit"] = true, ["Run:wait"] = true }
-- Names of options, from the reference that the bindings write.
local options = {}
for line in io.lines((arg[0]:gsub("scripts/[^/]*$", "docs/ltxsh.lua"))) do
    for name in line:gmatch("[{ ]([%a_]+)%?:") do options[#options + 1] = name end
end
assert(#options > 50, "no options in the reference")
fs.mkdir("clips")
local f <close> = assert(io.open("clips/a.mp4", "w"))
f:write("this is no video")
f:flush()

-- Work that a hostile argument could make endless is bounded: a few steps, a small video.
local attempt, value
local runs = {}   -- started in the background; no hook of theirs runs before the end of a script
local function stop_runs()
    for _, run in ipairs(runs) do run:stop() end
    runs = {}
end
local function tiny_config()
    local config = Config.default()
    config.model.model_source, config.data.preprocessed_data_root = "tiny", "latents"
    config.optimization.steps, config.optimization.batch_size, config.output_dir = 2, 1, "out"
    return config
end
-- SentencePiece needs seconds for one word of a megabyte.
local function shortened(text) return type(text) == "string" and text:sub(1, 10000) or text end
local function tracked(start, ...)
    local run = start(...)
    runs[#runs + 1] = run
    return run
end
local bounded = {
    ["Preprocessor:encode_text"] = function(encode, pre, text, ...) return encode(pre, shortened(text), ...) end,
    ["Trainer:train"] = function(train, trainer, config, hooks)
        stop_runs()   -- it would wait for them
        if random(2) == 1 then config = tiny_config() end
        if type(hooks) ~= "table" and hooks ~= nil and random(2) == 1 then return train(trainer, config, hooks) end
        return train(trainer, config, {
            progress = false, on_checkpoint = random(4) == 1 and value() or nil,
            on_step = function(step)
                if random(2) == 1 then attempt() end
                return step.step < 3
            end,
        })
    end,
    ["Trainer:start"] = tracked, ["Trainer:resume"] = tracked, ["Run:fork"] = tracked,
    -- A training that is queued behind a paused one would wait for ever, as it should.
    ["Run:pause"] = function(pause, run)
        pause(run)
        if type(run) == "userdata" then pcall(function() run:resume() end) end
    end,
    ["Trainer:sweep"] = function(sweep, trainer, config, values)
        stop_runs()
        if random(2) == 1 then return sweep(trainer, tiny_config(), { ["lora.rank"] = { 2, 4 } }) end
        return sweep(trainer, random(2) == 1 and tiny_config() or 1, random(2) == 1 and { 1 } or {})
    end,
    ["Run:sample"] = function(sample, run, prompt)
        return sample(run, { prompt = shortened(prompt), size = "32x32x9", steps = random(2) })
    end,
    ["Trainer:sample"] = function(sample, trainer, choices)
        local copy = { prompt = random(2) == 1 and "x" or choices }
        if type(choices) == "table" and choices ~= raising then
            for name, choice in pairs(choices) do copy[name] = choice end
        end
        copy.prompt, copy.size, copy.steps = shortened(copy.prompt), "32x32x9", random(2)
        return sample(trainer, copy)
    end,
    ["Models.make_tiny"] = function(make, path)
        -- Many files: a few of them will do.
        if random(20) == 1 or type(path) ~= "string" then return make(path) end
    end,
}

-- Functions by name, methods included: a namespace shows those of its class.
local targets, objects, known = {}, {}, {}
local function add(name, value)
    known[name] = true
    if type(value) ~= "function" or forbidden[name] then return end
    local bound = bounded[name]
    targets[#targets + 1] = { name = name, call = bound and function(...) return bound(value, ...) end or value }
end
for _, name in ipairs { "time", "who" } do add(name, _G[name]) end
local spaces = { "Dataset", "Captioner", "Preprocessor", "Trainer", "Exporter", "Config", "Models", "fs", "json", "yaml" }
for _, space in ipairs(spaces) do
    local value = rawget(_G, space)
    if type(value) == "table" then
        for name, member in pairs(value) do add(space .. "." .. name, member) end
        local methods = getmetatable(value) and select(2, debug.getupvalue(getmetatable(value).__index, 1))
        if type(methods) == "table" then
            for name, member in pairs(methods) do add(space .. ":" .. name, member) end
        end
    end
end
table.sort(targets, function(a, b) return a.name < b.name end)

local names = {
    "path", "caption", "name", "trigger", "x", "", "__index", "__gc", 1, 0, -1, 1.5, true, math.maxinteger, "lora", "rank", "\0",
}
local seen = {}   -- names of the classes that came up
local latest = {}   -- one object of each
-- A class that is no global has methods and properties all the same. Sorted, so that a seed gives the same calls again.
local function learn(class)
    seen[class.__name] = true
    if type(class.__index) ~= "function" then return end
    local found = {}
    for upvalue = 1, 2 do
        local members = select(2, debug.getupvalue(class.__index, upvalue))
        for name, member in pairs(type(members) == "table" and members or {}) do found[#found + 1] = { name, member } end
    end
    table.sort(found, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
    for _, member in ipairs(found) do
        local name = class.__name .. ":" .. tostring(member[1])
        if not known[name] then add(name, member[2]) end
        if type(member[2]) ~= "function" and #names < 200 then names[#names + 1] = member[1] end
    end
end
local function keep(...)
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        local class = type(value) == "userdata" and getmetatable(value)
        if class then
            if not seen[class.__name] then learn(class) end
            objects[#objects < 64 and #objects + 1 or random(#objects)] = value
            latest[class.__name] = value
        end
    end
end
-- Our objects that Lua holds: the bridge's table of them, the one with weak values in the registry.
local weak
for key, table in pairs(debug.getregistry()) do
    if type(key) == "userdata" and type(table) == "table" and (getmetatable(table) or {}).__mode == "v" then weak = table end
end
local function held()
    collectgarbage()
    collectgarbage()
    local n = 0
    for _ in pairs(assert(weak, "no table of objects")) do n = n + 1 end
    return n
end
local baseline = held()
-- One object of every class that can be had without a model. The video is real for the first part of the calls, then gone.
local video, lora = "clips/b.mp4", "lora.safetensors"
local can_make = os.execute("ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=32x32:rate=10 -frames:v 9 " .. video)
do
    local header = '{"transformer.a.lora_A.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},'
        .. '"transformer.a.lora_B.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}'
    local file <close> = assert(io.open(lora, "wb"))
    file:write(string.pack("<s8", header), ("\0"):rep(16))
end
local makers = {
    function() return Config.default() end, function() return Config.default().model end, who,
    function() return Dataset.open("clips") end, function() return Dataset.open("clips")[1] end,
    function() return Dataset.open("clips"):scan{ progress = false } end,
    function() return Dataset.open("clips"):scan{ progress = false }:plot() end,
    function() return Dataset.open("clips"):check() end, function() return Dataset.open("clips"):stats() end,
    function() local ds = Dataset.open("clips") return ds[#ds]:thumbnail() end, function() return Exporter.inspect(lora) end,
    function() return tiny_config() end, function() return Preprocessor.load{ model = "tiny" } end,
    function() return Preprocessor.open("latents") end, function() return Trainer.load{ model = "tiny" } end,
    function() return Trainer.load{ model = "tiny" }:train(tiny_config(), { progress = false }) end,
}
if can_make then
    Models.make_tiny("tiny")
    local ds = Dataset.open(video)
    ds[1].caption = "x"
    Preprocessor.load{ model = "tiny" }:run(ds, { size = "32x32x9", output = "latents", progress = false })
end
local failures, seen_all = {}, false
local function make_all()
    stop_runs()
    os.execute("rm -rf out out_*")
    for i, make in ipairs(makers) do
        local ok, value = pcall(make)
        if ok then keep(value) elseif not seen_all then failures[i] = tostring(value) end
    end
end
make_all()
seen_all = true
assert(held() > baseline, "objects are not counted")
function value()
    if #objects > 0 and random(5) == 1 then return objects[random(#objects)] end
    if random(5) == 1 then
        local named = {}
        for _ = 1, random(3) do named[options[random(#options)]] = pool[random(#pool)]() end
        return named
    end
    return pool[random(#pool)]()
end

local results, errors, current = 0, 0, "start"
local function note(ok, ...)
    if ok then results = results + 1; keep(...) else errors = errors + 1 end
    if not ok and type((...)) == "table" and (...) ~= raising then
        local kind = rawget((...), "kind")
        assert(kind ~= "internal", current .. ": " .. tostring(rawget((...), "message")))
    end
end
function attempt()
    local kind = random(12)
    if kind <= 8 then
        local target = targets[random(#targets)]
        current = target.name
        local arguments, n = {}, random(0, 4)
        for i = 1, n do arguments[i] = value() end
        local class = target.name:match("^(.*):")
        if class and random(4) > 1 then
            arguments[1] = latest[class]
            n = math.max(n, 1)
        end
        note(pcall(target.call, unpack(arguments, 1, n)))
    elseif #objects > 0 then
        local object, key = objects[random(#objects)], names[random(#names)]
        current = tostring(key)
        if kind == 9 then note(pcall(function() return object[key] end))
        elseif kind == 10 then local v = value(); note(pcall(function() object[key] = v end))
        elseif kind == 11 then
            note(pcall(function()
                local n = 0
                for _ in pairs(object) do n = n + 1; if n > 20 then break end end
                return #object
            end))
        else note(pcall(function() return tostring(object), object == value(), object == objects[1] end)) end
    end
end

local done, started, slowest, slowest_name = 0, time(), 0, ""
local quiet = io.open("printed", "w")
io.output(quiet)
while done < count do
    local before, place = time(), random(40)
    if place == 1 then
        setmetatable({}, { __gc = attempt })
        collectgarbage("step")
    elseif place == 2 then
        local closing <close> = setmetatable({}, { __close = attempt })
    elseif place == 3 then
        local ok, failure = coroutine.resume(coroutine.create(attempt))
        assert(ok, failure)
    else
        attempt()
    end
    done = done + 1
    local took = time() - before
    if took > slowest then slowest, slowest_name = took, current end
    assert(took < 20, "a call took " .. took .. " s: " .. current)
    if done % 5000 == 0 then
        objects, latest = {}, {}
        collectgarbage()
        make_all()
    end
    if done == count // 50 then os.remove(video) end
end
stop_runs()
objects, latest = {}, {}
thread = nil
local leaked = held() - baseline
assert(leaked <= 0, leaked .. " objects are still held")
assert(1 + 1 == 2)
local classes = {}
for name in pairs(seen) do classes[#classes + 1] = name end
table.sort(classes)
print("classes: " .. table.concat(classes, " "))
-- With ffmpeg every one of them must have come up.
for i, failure in pairs(can_make and failures or {}) do error("no object of maker " .. i .. ": " .. failure) end
print(("ok: %d calls of %d functions, %d results, %d errors, %.1f s, slowest %.2f s (%s)"):format(
    done, #targets, results, errors, time() - started, slowest, slowest_name))
