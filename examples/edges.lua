-- An IC-LoRA from edges to shapes: the words say what it is, the reference says where. Three minutes on two cores.
--   ltxsh examples/edges.lua [--steps N] [--clips N]
local given = require("arguments"){
    help = "Teaches the demonstration model to fill edges in, and draws what it has not seen.",
    { "--steps", "updates", integer = true, default = 600 }, { "--clips", "pairs to learn from", integer = true, default = 240 },
}
local folder = "outputs/examples/edges"
local draw, project, strip = require("demo.draw"), require("demo.scenes"), require("demo.strip")

-- A shape that goes straight on from anywhere to somewhere, which its caption does not say, and beside it its edges on black.
math.randomseed(7)
local function pick(list) return list[math.random(#list)] end
local function pair(path, reference)
    local kind, colour, background = pick(draw.shapes), pick(draw.colours), pick(draw.backgrounds)
    local radius, x, y = math.random(9, 16), math.random(16, 80), math.random(16, 48)
    local right, down = math.random(-20, 20), math.random(-10, 10)
    draw.video(path, 1, function(_, u)
        return draw.picture(background, { draw.shape(kind, colour[2], x + right * u, y + down * u, radius) })
    end)
    draw.video(reference, 1, function(_, u)
        return draw.picture({ "", { 0, 0, 0 }, { 0, 0, 0 } }, { draw.edge(kind, x + right * u, y + down * u, radius) })
    end)
    return ("%s %s %s %s"):format(colour[1]:find("^[aeiou]") and "an" or "a", colour[1], kind, background[1])
end
local captions = {}
for n = 1, given.clips do
    captions[n] = pair(("%s/clips/%03d.mp4"):format(folder, n), ("%s/clips/edges/%03d.mp4"):format(folder, n))
end
local clips = Dataset.open(folder .. "/clips")
for n, clip in ipairs(clips) do clip.caption, clip.reference = captions[n], "edges/" .. clip.name end
local pc = Preprocessor.load{ model = project.model }:run(clips, { size = project.size, progress = false })
print(pc)

-- The model has never seen a reference: many pairs, and all that an adapter can reach.
local cfg = Config.load("configs/demo.yaml"):copy{
    lora = { rank = 64, alpha = 64 }, conditioning = { mode = "reference_video" }, validation = { reference_videos = {}, loss_interval = 200 },
    optimization = { steps = given.steps, batch_size = 16, scheduler_type = "cosine" }, data = { validation_split = 0.05 },
}
cfg.lora.target_modules = { "to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2" }
cfg.data.preprocessed_data_root, cfg.output_dir = pc.path, folder .. "/run"
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })
print(run)

-- Four pairs that it has not seen: filled in along their edges, and by the same words alone.
local rows = {}
for n = 1, 4 do
    local path, reference = ("%s/new/%d.mp4"):format(folder, n), ("%s/new/%d_edges.mp4"):format(folder, n)
    local caption = pair(path, reference)
    local function sample(name, lora, edges)
        local output = ("%s/new/%d_%s.mp4"):format(folder, n, name)
        tr:sample{
            prompt = caption, reference = edges, lora = lora, size = project.size, steps = 20, guidance = 1, seed = n, output = output,
            progress = false,
        }
        return output, draw.distance(output, path)
    end
    local words, far = sample("words")
    local filled, near = sample("filled", run, reference)
    print(("%5.1f of 255 from the true clip, by words alone %5.1f: %s"):format(near, far, caption))
    for _, row in ipairs{ reference, words, filled } do rows[#rows + 1] = row end
end
strip(folder .. "/edges.png", rows)
print("from above, four times: the edges, the words alone, and the edges filled in: " .. folder .. "/edges.png")
