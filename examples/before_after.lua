-- Before and after: a LoRA is to teach the demonstration model what it does not know, a comet, from ten clips, on the CPU.
-- make.sh makes the model. What this draws is for eyes, and counted: how much of a comet there is at each strength.
--   ltxsh examples/before_after.lua [MODEL]
local given = require("arguments"){
    help = "Trains a LoRA of a comet on the demonstration model and draws the same prompts before and after.",
    { "model", "a folder made by scripts/demo/make.sh", optional = true },
}
local model = given.model or "models/demo"

local stages = require("stages")
local stage, keep = stages.run, stages.keep

local folder, size = "outputs/before_after", "96x64x9"
local video = folder .. "/clips/comet.mp4"

local captions = stage("draw a video of ten clips of a comet", function() return require("demo.comet")(video) end)
keep("video", video)

local scenes = stage("split it into scenes", function()
    return Dataset.open(video):split{ detector = "content", threshold = 27, min_scene_len = "8f" }
end)
assert(#scenes == #captions, #scenes .. " scenes")
keep("scenes", scenes.path)

stage("write captions", function()
    for i, clip in ipairs(scenes) do clip.caption = captions[i] end
    scenes.trigger = "COMET"
    print(scenes)
end)

local pc = stage("preprocess: video VAE and T5", function()
    return Preprocessor.load{ model = model }:run(scenes, { size = size })
end)
print(pc)
keep("latents and embeddings", pc.path)

local cfg = Config.load("configs/demo.yaml")
cfg.model.model_source = model
cfg.data.preprocessed_data_root = pc.path
local trainer = stage("load the base model", function() return Trainer.load(cfg) end)

-- The same prompts and the same noise each time: the comet, and two that have nothing to do with it.
local prompts = {
    { name = "comet", text = "COMET a comet flies to the left at night" },
    { name = "ball", text = "a white ball falls on black" },
    { name = "square", text = "a green square grows on black" },
}
local function sample(prompt, name, lora, strength)
    local output = ("%s/%s_%s.mp4"):format(folder, prompt.name, name)
    return trainer:sample{
        prompt = prompt.text, size = size, steps = 20, guidance = 3, seed = 7, fps = 8, lora = lora, strength = strength,
        output = output, progress = false,
    }
end

local before = stage("sample before training", function()
    local paths = {}
    for i, prompt in ipairs(prompts) do paths[i] = sample(prompt, "before") end
    return paths
end)

local run = stage(("train a rank-%d LoRA, %d steps"):format(cfg.lora.rank, cfg.optimization.steps), function()
    return trainer:train(cfg)
end)
print(run)
run:plot()
keep("LoRA", run.checkpoints[#run.checkpoints])

local strengths = { 0, 0.5, 1 }
local after = stage("sample with the LoRA at strengths 0, 0.5 and 1", function()
    local paths = {}
    for i, prompt in ipairs(prompts) do
        paths[i] = {}
        for j, strength in ipairs(strengths) do paths[i][j] = sample(prompt, "after_" .. strength, run, strength) end
    end
    return paths
end)

stage("put them side by side", function()
    local strip = require("demo.strip")
    for i, prompt in ipairs(prompts) do
        local picture = strip(("%s/%s.png"):format(folder, prompt.name), { before[i], table.unpack(after[i]) })
        print(('\n"%s"\nfrom above: before, then with the LoRA at %s'):format(prompt.text, table.concat(strengths, ", ")))
        pcall(picture.show, picture)  -- where pictures can be shown
        for j, path in ipairs{ before[i], table.unpack(after[i]) } do
            local name = j == 1 and "before" or "at " .. strengths[j - 1]
            print(("%-8s %5.2f %% of it has the comet's magenta"):format(name, 100 * require("demo.comets")(path)))
        end
        keep("strip", ("%s/%s.png"):format(folder, prompt.name))
    end
    local pair = folder .. "/before_after.mp4"
    local join = "ffmpeg -nostdin -v error -y -i '%s' -i '%s' -filter_complex hstack,scale=4*iw:4*ih:flags=neighbor '%s'"
    assert(os.execute(join:format(before[1], after[1][#strengths], pair)), "ffmpeg could not join the two videos")
    keep("before and after", pair)
end)

local comfy = stage("export for ComfyUI", function() return Exporter.comfyui(run, folder .. "/comet_comfy.safetensors") end)
keep("ComfyUI LoRA", comfy)

stages.report()
