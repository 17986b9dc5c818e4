-- The arguments of a script: `local given = require("arguments"){ help = "…", { "video", "what it is" }, { "--fps", "…", number = true } }`.
--
-- An entry is { NAME, HELP } with any of: default =, number = true, integer = true, flag = true, choices = { … }, short = "-o",
-- optional = true (of a name without dashes). Names without dashes are taken in order and must be given. The result has them with
-- _ for -. "--help" shows them and ends, "--complete" lists what could come next for scripts/completion.bash, and what cannot be
-- understood ends the script with status 2.
local function usage(spec)
    local name = arg[0]:match("[^/]+$")
    local line, rows = "ltxsh scripts/" .. name .. " [options]", {}
    for _, it in ipairs(spec) do
        local title = it[1]
        if not title:find("^%-") then
            line = line .. " " .. (it.optional and "[" .. title:upper() .. "]" or title:upper())
            title = title:upper()
        else
            if it.short then title = it.short .. ", " .. title end
            if not it.flag then title = title .. " " .. (it.number and "N" or it.integer and "N" or it.choices and table.concat(it.choices, "|") or "TEXT") end
        end
        local default = it.default ~= nil and not it.flag and (" (%s)"):format(it.default) or ""
        rows[#rows + 1] = ("  %-34s %s%s"):format(title, it[2], default)
    end
    return ("%s\n\n%s\n\n%s"):format(spec.help, line, table.concat(rows, "\n"))
end

local function refuse(text)
    io.stderr:write(text, "\n")
    os.exit(2)
end

--- The value of an option as it was typed; refuses what it cannot be.
local function value(it, text)
    if it.integer or it.number then
        local number = tonumber(text)
        if not number or it.integer and number % 1 ~= 0 then
            refuse(("'%s' must be a %snumber, got '%s'"):format(it[1], it.integer and "whole " or "", text))
        end
        return it.integer and math.tointeger(number) or number
    end
    if it.choices then
        for _, choice in ipairs(it.choices) do if choice == text then return text end end
        refuse(("'%s' must be %s, got '%s'"):format(it[1], table.concat(it.choices, ", "), text))
    end
    return text
end

local function complete(spec, last)
    for _, it in ipairs(spec) do
        if it[1] == last or it.short == last then
            for _, choice in ipairs(it.choices or {}) do print(choice) end
            if not it.flag then return end
        end
    end
    for _, it in ipairs(spec) do if it[1]:find("^%-%-") then print(it[1]) end end
    print("--help")
end

return function(spec)
    local options, places, given = {}, {}, {}
    for _, it in ipairs(spec) do
        if it[1]:find("^%-") then
            options[it[1]] = it
            if it.short then options[it.short] = it end
        else
            places[#places + 1] = it
        end
    end
    local function keep(it, what) given[it[1]:gsub("^%-+", ""):gsub("%-", "_")] = what end
    local i, place = 1, 0
    while i <= #arg do
        local word = arg[i]
        local name, inline = word:match("^(%-%-[^=]+)=(.*)$")
        local it = options[name or word]
        if word == "--help" or word == "-h" and not it then
            print(usage(spec))
            os.exit(0)
        elseif word == "--complete" then
            complete(spec, arg[i + 1])
            os.exit(0)
        elseif it and it.flag then
            keep(it, true)
        elseif it then
            if not inline then i = i + 1 end
            local text = inline or arg[i] or refuse(("'%s' needs a value; --help shows the options"):format(word))
            keep(it, value(it, text))
        elseif word:find("^%-.") and not tonumber(word) then
            refuse(("there is no option '%s'; --help shows those that there are"):format(word))
        else
            place = place + 1
            local wanted = places[place] or refuse(("'%s' is one argument too many; --help shows what is taken"):format(word))
            keep(wanted, value(wanted, word))
        end
        i = i + 1
    end
    for number = place + 1, #places do
        if not places[number].optional then refuse(("%s is missing\n\n%s"):format(places[number][1]:upper(), usage(spec))) end
    end
    for _, it in ipairs(spec) do
        local key = it[1]:gsub("^%-+", ""):gsub("%-", "_")
        if given[key] == nil then given[key] = it.default end
    end
    return given
end
