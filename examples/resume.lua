-- A run that ends early, for whatever reason, goes on as if nothing had been.
-- ltxsh examples/resume.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("resume", { optimization = { steps = 12 }, checkpoints = { interval = 4 } })
local tr = Trainer.load(cfg)

local whole = tr:train(cfg, { progress = false })

-- The same, stopped in the middle (a power cut would do as well), and resumed.
local stopped = tr:train(cfg, { progress = false, on_step = function(step) return step.step < 6 end })
print(stopped.state .. " after " .. stopped.step .. " updates")
local resumed = tr:resume(stopped.output_dir)
resumed:wait()
print(resumed.state .. " after " .. resumed.step .. " updates")

local function bytes(run)
    local file = assert(io.open(run.checkpoints[#run.checkpoints], "rb"))
    local all = file:read("a")
    file:close()
    return all
end
print("the same to the bit: " .. tostring(bytes(whole) == bytes(resumed)))

-- With other settings, they count from there on: more updates at a lower rate.
local longer = tr:resume(resumed.output_dir, cfg:copy{ optimization = { steps = 16, learning_rate = 2e-4 } })
longer:wait()
print("went on to update " .. longer.step)
