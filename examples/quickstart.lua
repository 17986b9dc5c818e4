#!/usr/bin/env ltxsh
-- From a real video to a trained, exported LoRA, with a tiny random model: the whole path in under a minute.
-- Nothing that it draws makes sense (the model is random); everything else is what you do with a real one.
--
--   scripts/quickstart.sh            sets up, builds and runs this
--   ltxsh examples/quickstart.lua    runs it again: what is done already is skipped

local stages = require("stages")
local stage, keep = stages.run, stages.keep

local project, size = "train_date/quickstart", "96x64x17"

local model = stage("make a tiny model in the real layout", function()
    return Models.make_tiny("models/tiny")
end)
keep("tiny model", model)

local scenes = stage("split the video into scenes", function()
    local ds = Dataset.open(project)
    return ds:split{ detector = "content", threshold = 12, min_scene_len = "0.8s" }
end)
print(scenes)
keep("scenes", scenes.path)

stage("write captions", function()
    local what = { "a man rides a bicycle down a wide street", "people walk past parked bicycles", "a crowd waits at a crossing" }
    for i, clip in ipairs(scenes) do
        clip.caption = ("Shot %d: %s, overcast light, handheld camera."):format(i, what[(i - 1) % #what + 1])
    end
    scenes.trigger = "BIKES"
    print(("%d captions; each is on the disk when the assignment returns"):format(#scenes))
end)
keep("captions", scenes.path)

local pc = stage("preprocess: video VAE and T5", function()
    local pre = Preprocessor.load{ model = model }
    return pre:run(scenes, { size = size })
end)
print(pc)
keep("latents and embeddings", pc.path)

local cfg = Config.load("configs/tiny.yaml")
cfg.model.model_source = model
cfg.data.preprocessed_data_root = pc.path

local trainer = stage("load the base model", function() return Trainer.load(cfg) end)

local prompt = "BIKES a man rides a bicycle down a wide street"
stage("sample before training", function()
    keep("sample before", trainer:sample{ prompt = prompt, size = size, steps = 8, output = "outputs/quickstart/before.mp4" })
end)

local first = stage("train a rank-8 LoRA, 60 steps", function() return trainer:train(cfg) end)
print(first)

local again = cfg:copy{ optimization = { learning_rate = cfg.optimization.learning_rate / 2 } }
local second = stage("train again at half the rate, model still in memory", function() return trainer:train(again) end)
print(second)
keep("first LoRA", first.checkpoints[#first.checkpoints])
keep("second LoRA", second.checkpoints[#second.checkpoints])

stage("sample with the LoRA", function()
    keep("sample after", trainer:sample{ prompt = prompt, size = size, steps = 8, lora = second.output_dir, output = "outputs/quickstart/after.mp4" })
end)

local comfy = stage("export for ComfyUI", function()
    return Exporter.comfyui(second, "outputs/quickstart/bikes_comfy.safetensors")
end)
keep("ComfyUI LoRA", comfy)
local facts = Exporter.inspect(comfy)
print(("%d tensors, rank %d, format %s"):format(#facts.tensors, facts.rank, facts.format))

stages.report()
