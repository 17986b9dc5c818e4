-- Look at the clips of a project, rewrite their captions, and save.
-- ltxsh examples/captions.lua [FOLDER]

local folder = arg[1] or "train_date/quickstart"
local ds = Dataset.open(folder)
print(ds)

-- Cut the videos into scenes. Another threshold costs nothing: the scores are kept.
local scan = ds:scan{ progress = false }
for _, threshold in ipairs{ 20, 27, 40 } do
    print("threshold " .. threshold .. ": " .. scan:cuts{ threshold = threshold }[1].scenes .. " scenes in the first video")
end
local scenes = ds:split{ threshold = 27, progress = false }

-- A first caption for what has none. It is on the disk when the assignment returns.
for i, clip in ipairs(scenes:uncaptioned()) do
    clip.caption = "The video shows part " .. i .. " of " .. ds[1].name
end

-- Many at once, with Lua patterns; each command is one step of undo.
print(scenes:replace("^The video shows (.)", string.upper) .. " captions begin without the phrase")
scenes:suffix(", filmed by day")
print("taken back: " .. scenes:undo())

-- Views write through: leave the short ones out of the training.
for _, clip in ipairs(scenes:filter(function(c) return c.duration < 0.5 end)) do
    clip.excluded = true
end

for _, problem in ipairs(scenes:check{ frames = 9, progress = false }) do
    print(problem.kind, problem.name, problem.message)
end
scenes:report(folder .. "/scenes/report.html", { progress = false })
scenes:save()
print(scenes)
