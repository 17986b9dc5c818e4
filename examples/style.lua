-- A style from stills: sixteen pictures without colour teach a LoRA that NOIR means grey, for things that move, too. A minute and a half on two
-- cores.
--   ltxsh examples/style.lua [--steps N]
local given = require("arguments"){
    help = "Teaches the demonstration model a style from sixteen pictures, and draws videos in it.",
    { "--steps", "updates", integer = true, default = 600 },
}
local folder = "outputs/examples/style"
local draw, project, strip = require("demo.draw"), require("demo.scenes"), require("demo.strip")

-- Of each of sixteen clips the middle, as grey as its light, beside the clip as it is: so the word alone makes the difference, and what moves
-- goes on moving.
local lines = {}
for n = 1, 16 do
    local caption, frame = draw.clip(n)
    local video, still = ("%s/clips/%02d.mp4"):format(folder, n), ("%s/clips/%02d_grey.png"):format(folder, n)
    draw.video(video, 1, function(_, u) return draw.picture(frame(u)) end)
    local middle = Dataset.open(video)[1]:frame("4f")
    middle:with((middle.pixels:gsub("...", function(rgb)
        local r, g, b = rgb:byte(1, 3)
        return string.char(math.floor(0.299 * r + 0.587 * g + 0.114 * b + 0.5)):rep(3)
    end))):save(still)
    lines[#lines + 1] = ('{"media_path": "%02d.mp4", "caption": "%s"}'):format(n, caption)
    lines[#lines + 1] = ('{"media_path": "%02d_grey.png", "caption": "NOIR %s"}'):format(n, caption)
end
-- A list names pictures beside videos; a folder would be its videos alone.
local list = assert(io.open(folder .. "/clips/dataset.jsonl", "w"))
list:write(table.concat(lines, "\n"), "\n")
list:close()
local clips = Dataset.open(folder .. "/clips/dataset.jsonl")
print(clips)
local pc = Preprocessor.load{ model = project.model }:run(clips, { size = { project.size, "96x64x1" }, progress = false })
print(pc)

local cfg = Config.load("configs/demo.yaml"):copy{
    optimization = { steps = given.steps }, data = { validation_split = 0 }, lora = { rank = 16, alpha = 16 },
}
cfg.lora.target_modules = { "to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2" }
cfg.data.preprocessed_data_root, cfg.output_dir = pc.path, folder .. "/run"
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })
print(run)

-- How colourful a video is: the mean distance of a pixel's strongest and weakest colour.
local function colour(path)
    local clip, sum, count = Dataset.open(path)[1], 0, 0
    for i = 0, clip.frames - 1 do
        for rgb in clip:frame(i .. "f").pixels:gmatch("...") do
            local r, g, b = rgb:byte(1, 3)
            sum, count = sum + math.max(r, g, b) - math.min(r, g, b), count + 1
        end
    end
    return sum / count
end
local rows = {}
for i, prompt in ipairs{ "a red ball rolls to the left over a meadow", "a yellow square rises at night" } do
    local function sample(name, text, lora)
        local path = tr:sample{
            prompt = text, size = project.size, steps = 20, guidance = 3, seed = 7, lora = lora,
            output = ("%s/%d_%s.mp4"):format(folder, i, name), progress = false,
        }
        print(("%5.1f of 255 is the colour of: %s, %s"):format(colour(path), text, name))
        rows[#rows + 1] = path
    end
    sample("before", prompt)
    sample("unasked", prompt, run)
    sample("noir", "NOIR " .. prompt, run)
end
strip(folder .. "/style.png", rows)
print("from above, twice: before, the LoRA without its word, and with it: " .. folder .. "/style.png")
