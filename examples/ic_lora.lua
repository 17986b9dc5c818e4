-- An IC-LoRA follows a reference video: here the edges of each clip, from which the clip is to come back.
-- ltxsh examples/ic_lora.lua [FOLDER]

local prepared = require "prepared"
local scenes = prepared.scenes():slice(1, 2)
print(scenes:references{ kind = "canny", progress = false } .. " references made, beside their clips")

local pre = Preprocessor.load{ model = prepared.model }
local pc = pre:run(scenes, { size = prepared.size, output = "outputs/examples/ic_lora/data", progress = false })
print(pc)

local cfg = prepared.config("ic_lora/run", { optimization = { steps = 6 }, conditioning = { mode = "reference_video" },
    validation = { prompts = {}, reference_videos = {} } })
cfg.data.preprocessed_data_root = pc
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })
print(tr:sample{
    prompt = scenes[1].caption, reference = scenes[1].reference, lora = run, size = prepared.size, steps = 4,
    output = "outputs/examples/ic_lora/followed.mp4", progress = false,
})
