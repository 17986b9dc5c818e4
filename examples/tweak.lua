-- Train, look, change a number, train again: the model is loaded once.
-- ltxsh examples/tweak.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("tweak", { optimization = { steps = 8 } })
local tr = Trainer.load(cfg)

-- A hook sees every update; returning false stops the run.
local best = math.huge
local run = tr:train(cfg, { progress = false, on_step = function(step)
    best = math.min(best, step.loss)
end })
print(run.state, "last loss " .. run.loss, "best " .. best, run.output_dir)

-- Everything that can be varied, varied together: a run for each combination, one after the other.
local runs = tr:sweep(cfg, {
    ["optimization.learning_rate"] = { 5e-4, 2e-3 },
    ["lora.rank"] = { 4, 8 },
}, { progress = false })
print(runs)
local lowest = runs[1]
for _, row in ipairs(runs) do
    if row.smooth_loss < lowest.smooth_loss then lowest = row end
end
print("the lowest loss: " .. lowest.output_dir)
