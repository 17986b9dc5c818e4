-- Less memory: frozen weights in fewer bits, blocks recomputed, blocks in host memory. What does each cost?
-- ltxsh examples/memory.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("memory", { optimization = { steps = 6 } })
local tr = Trainer.load(cfg)
local settings = {
    { "as it is" },
    { "blocks recomputed", { optimization = { enable_gradient_checkpointing = true } } },
    { "int8", { acceleration = { quantization = "int8-quanto" } } },
    { "int4", { acceleration = { quantization = "int4-quanto" } } },
    { "one block in host memory", { acceleration = { blocks_to_offload = 1 } } },
}
-- What a setting touches is rebuilt, the rest stays: the trainer is the same for all of them.
for _, setting in ipairs(settings) do
    local run = tr:train(cfg:copy(setting[2] or {}), { progress = false })
    print(("%-26s loss %.4f, %.2f s an update"):format(setting[1], run.loss, run.history[#run.history].seconds))
end
print(Models.resident())
