/// The debugger, in Lua: only Lua code can look at the frames of Lua code while they run.
enum DebuggerSource {
    static let name = "debugger"

    /// A chunk that gets `ask(prompt)`, `show(values…)` and `say(text)` and returns `start(code, name, steps)` and `breakpoint`.
    static let text = #"""
        local ask, show, say = ...
        local debug = debug     -- which --safe takes away from others
        local OWN, help = "debugger", [[
        s step into   n next line   f finish this function   c continue   q quit
        w where   u up   d down   l source   v variables
        anything else is Lua, evaluated where the program stands; x = 5 changes a variable]]
        local sources = {}      -- texts of chunks that are no files, by their name
        local mode, limit       -- "step", "next", "finish"; the depth that the last two wait for
        local repeated = "n"

        local function lines_of(info)
            local text = sources[info.source]
            if not text and info.source:sub(1, 1) == "@" then
                local file = io.open(info.source:sub(2))
                if file then
                    text = file:read("a")
                    file:close()
                end
            end
            local lines = {}
            for line in ((text or "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
            return lines
        end
        local function place(info) return info.short_src .. ":" .. info.currentline end
        local function source(info, around)
            local lines = lines_of(info)
            for n = math.max(1, info.currentline - around), math.min(#lines, info.currentline + around) do
                say((n == info.currentline and "->" or "  ") .. ("%4d  "):format(n) .. lines[n])
            end
        end

        -- The variables of a frame, as seen from the caller: name to value, and where each comes from.
        local function variables(level, func)
            local values, from = {}, {}
            for i = 1, math.huge do
                local name, value = debug.getupvalue(func, i)
                if not name then break end
                if name ~= "_ENV" and name ~= "" then values[name], from[name] = value, { upvalue = i } end
            end
            for i = 1, math.huge do
                local name, value = debug.getlocal(level + 1, i)
                if not name then break end
                if name:sub(1, 1) ~= "(" then values[name], from[name] = value, { number = i } end
            end
            return values, from
        end

        -- Talks to the user about the frame `level` levels above the caller and those below it. Returns what to do next.
        local function inspect(level, title)
            local frames, here = {}, 1
            for l = level + 1, math.huge do
                local info = debug.getinfo(l, "Slnf")
                if not info or info.short_src == OWN then break end
                if info.currentline > 0 then
                    info.level = l
                    frames[#frames + 1] = info
                end
            end
            local depth = 0
            while debug.getinfo(level + 1 + depth, "l") do depth = depth + 1 end
            if #frames == 0 then return "c", depth end
            say(title .. place(frames[1]))
            source(frames[1], 0)
            while true do
                local frame = frames[here]
                local line = ask("dbg> ")
                if not line then return "q", depth end
                if line:match("^%s*$") then line = repeated end
                local command = line:match("^%s*(%S+)%s*$")
                local long = { step = "s", next = "n", finish = "f", continue = "c", quit = "q", where = "w", up = "u",
                    down = "d", list = "l", locals = "v", vars = "v", help = "h", ["?"] = "h" }
                command = long[command] or command
                if command == "s" or command == "n" then repeated = command end
                if command == "s" or command == "n" or command == "f" or command == "c" or command == "q" then
                    return command, depth
                elseif command == "u" or command == "d" then
                    local other = here + (command == "u" and 1 or -1)
                    if frames[other] then
                        here = other
                        say(place(frames[here]))
                        source(frames[here], 0)
                    else
                        say(command == "u" and "this is the outermost" or "this is the innermost")
                    end
                elseif command == "l" then
                    source(frame, 5)
                elseif command == "h" then
                    say(help)
                elseif command == "w" then
                    for i, f in ipairs(frames) do
                        local name = f.what == "main" and "main chunk" or f.name or "a function"
                        say((i == here and "-> " or "   ") .. place(f) .. ": in " .. name)
                    end
                elseif command == "v" then
                    local values = variables(frame.level, frame.func)
                    local names = {}
                    for name in pairs(values) do names[#names + 1] = name end
                    table.sort(names)
                    for _, name in ipairs(names) do show(name, values[name]) end
                    if #names == 0 then say("no variables here") end
                else
                    local values, from = variables(frame.level, frame.func)
                    local environment = setmetatable({}, {
                        __index = function(_, name)
                            if from[name] then return values[name] end
                            return _G[name]
                        end,
                        __newindex = function(_, name, value)
                            if from[name] then values[name] = value else _G[name] = value end
                        end,
                    })
                    local chunk, problem = load("return " .. line, "=dbg", "t", environment)
                    if not chunk then chunk, problem = load(line, "=dbg", "t", environment) end
                    if not chunk then
                        say("error: " .. problem)
                    else
                        local results = table.pack(pcall(chunk))
                        for name, where in pairs(from) do
                            if where.number then
                                debug.setlocal(frame.level, where.number, values[name])
                            else
                                debug.setupvalue(frame.func, where.upvalue, values[name])
                            end
                        end
                        if results[1] then
                            for i = 2, results.n do show(nil, results[i]) end
                        else
                            say("error: " .. tostring(results[2]))
                        end
                    end
                end
            end
        end

        local hook
        local function go_on(command, depth)
            if command == "q" then
                mode = nil
                debug.sethook()
                error("left in the debugger", 0)
            end
            mode = ({ s = "step", n = "next", f = "finish" })[command]
            limit = depth
            if mode then debug.sethook(hook, "l") else debug.sethook() end
        end
        function hook()
            if debug.getinfo(2, "S").short_src == OWN then return end
            local depth = 0
            while debug.getinfo(2 + depth, "l") do depth = depth + 1 end
            if mode == "next" and depth > limit or mode == "finish" and depth >= limit then return end
            go_on(inspect(2, "at "))
        end

        local function start(code, name, steps)
            local f, problem
            if name:sub(1, 1) == "@" then
                f, problem = loadfile(name:sub(2))
            else
                sources[name] = code
                f = load("return " .. code, name)
                if not f then f, problem = load(code, name) end
            end
            if not f then error(problem, 0) end
            mode = steps and "step" or nil
            if steps then debug.sethook(hook, "l") end
            local results = table.pack(xpcall(f, function(problem)
                debug.sethook()
                local kind = type(problem) == "table" and rawget(problem, "kind")
                if kind == "interrupted" or kind == "exit" or problem == "left in the debugger" then return problem end
                say("error: " .. tostring(problem))
                inspect(2, "at ")
                return problem
            end))
            debug.sethook()
            sources[name] = nil
            if not results[1] then error(results[2], 0) end
            return table.unpack(results, 2, results.n)
        end
        local function breakpoint() go_on(inspect(2, "breakpoint at ")) end
        return start, breakpoint
        """#
}
