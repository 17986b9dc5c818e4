-- Work in stages, for scripts that show a whole way: a heading before each, and at the end what was made, where, and how long each took.
--
--     local stages = require("stages")
--     local model = stages.run("make a tiny model", function() return Models.make_tiny("models/tiny") end)
--     stages.keep("tiny model", model)
--     stages.report()
local stages, done, made = {}, {}, {}

-- Does the work; returns what it returns.
function stages.run(name, work)
    print("\n== " .. name)
    local start = time()
    local result = work()
    done[#done + 1] = { name = name, seconds = time() - start }
    return result
end

function stages.keep(what, path) made[#made + 1] = { what = what, path = path } end

function stages.report()
    print("\nmade" .. (" "):rep(22) .. "where")
    for _, item in ipairs(made) do print(("%-26s%s"):format(item.what, item.path)) end
    print("\nstage" .. (" "):rep(50) .. "seconds")
    local total = 0
    for _, item in ipairs(done) do
        print(("%-53s%9.2f"):format(item.name, item.seconds))
        total = total + item.seconds
    end
    print(("%-53s%9.2f"):format("in all", total))
end

return stages
