-- Videos while it trains: when is it enough?
-- ltxsh examples/watch.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("watch", {
    optimization = { steps = 6 },
    validation = { prompts = { "a bicycle in a street", "a crowd waits" }, interval = 3, video_dims = { 64, 64, 9 }, inference_steps = 2 },
    checkpoints = { interval = 3, keep_last_n = -1 },
})
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false, on_validation = function(paths, run)
    print("update " .. run.step .. ": " .. #paths .. " videos")
end })
for _, path in ipairs(run.samples) do print(path) end
print("the loss, drawn: " .. run:plot(run.output_dir .. "/loss.png"))
