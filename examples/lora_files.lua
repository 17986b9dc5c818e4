-- LoRA files: what is in one, how it is spelled elsewhere, what its strength does.
-- ltxsh examples/lora_files.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("lora_files", { optimization = { steps = 6 }, lora = { rank = 8, alpha = 4 } })
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })

local comfy = Exporter.comfyui(run, "outputs/examples/lora_files/comfy.safetensors")
local back = Exporter.diffusers(comfy, "outputs/examples/lora_files/diffusers.safetensors")
for _, file in ipairs{ comfy, back } do
    local facts = Exporter.inspect(file)
    print(("%s: %s, %d tensors, rank %d, alpha %s"):format(file, facts.format, #facts.tensors, facts.rank, facts.alpha))
end

-- Every spelling is sampled with alike, and goes on being trained.
for _, file in ipairs{ comfy, back } do
    print(tr:sample{ prompt = "a bicycle", lora = file, strength = 0.8, size = "64x64x9", steps = 2, progress = false })
end
local more = cfg:copy{ model = { load_checkpoint = comfy }, optimization = { steps = 2 } }
print(tr:train(more, { progress = false }).state)
