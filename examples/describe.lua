-- Captions from a model in memory, without a network: a tiny Qwen3-VL that knows the demonstration's world describes six clips of it. A second
-- or two.
--   ltxsh examples/describe.lua
local folder = "outputs/examples/describe"
local draw = require("demo.draw")

-- Six clips in one video, and what they truly show.
local truth, frames = {}, {}
for n = 1, 6 do truth[n], frames[n] = draw.clip(n) end
local video = folder .. "/clips.mp4"
draw.video(video, #frames, function(clip, u) return draw.picture(frames[clip](u)) end)
local clips = Dataset.open(video):split{ detector = "content", threshold = 27, min_scene_len = "8f", progress = false }
assert(#clips == #truth, ("%d scenes of %d clips"):format(#clips, #truth))

-- A large model is loaded, asked and let go of in the same way. This one has one sentence for everything, whatever the question;
-- `clean` would put a full stop behind it. `override` and `edited` are for a second run, which finds captions of the first.
local cap = Captioner.load{ model = "models/demo-captioner" }
print(cap, cap:caption(clips, { clean = false, override = true, edited = true, progress = false }).written .. " captions written")
cap:unload()

local right = 0
for i, clip in ipairs(clips) do
    local same = clip.caption == truth[i]
    right = right + (same and 1 or 0)
    print(("%s: %s%s"):format(clip.name, clip.caption, same and "" or "\n    it is: " .. truth[i]))
end
print(right .. " of " .. #clips .. " captions are right")

-- The rest is yours: what its world says and English does not, in all captions at once.
print(clips:replace("%f[%w]a orange", "an orange") .. " changed by hand")
for _, clip in ipairs(clips:filter(function(clip) return clip.author == "person" end)) do print(clip.name, clip.caption) end
