-- Captions from a model: what would be asked, how much that is, and what comes of it.
-- ltxsh examples/caption.lua [FOLDER [PRESET]]       PRESET: kimi, openai, ollama, … ; without one nobody is asked

local prepared = require "prepared"
local scenes = prepared.scenes()
local cap = Captioner.api{ preset = arg[2] or "ollama", model = not arg[2] and "any" or nil }

-- The prompt is a text with places, or a function of the clip.
local function prompt(clip)
    return ("Describe this %.1f second clip in one sentence of plain words. Name what moves and how."):format(clip.duration)
end
local plan = cap:caption(scenes, { prompt = prompt, override = true, edited = true, dry = true })
print(("%d clips, %d pictures, about %d tokens to read"):format(plan.clips, plan.frames, plan.input))

if arg[2] then
    -- Each caption is on the disk as it comes. What a person has written is spared.
    local result = cap:caption(scenes, { prompt = prompt, override = true, avoid = { "video", "footage" } })
    print(#result.failed .. " failed")
    for _, clip in ipairs(scenes) do print(clip.name, clip.caption) end
end
