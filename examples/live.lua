-- A run in the background: it is changed, looked at, paused and branched off while it trains.
-- ltxsh examples/live.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("live", { optimization = { steps = 40 } })
local tr = Trainer.load(cfg)

local run = tr:start(cfg)
while run.step < 5 do run:wait(0.05) end
run:set{ learning_rate = 5e-4, dropout = 0.1 }
run:pause()
print("paused at update " .. run.step)
print("a checkpoint now:", run:save())
print("a video of what it has learnt:", run:sample{ prompt = "a bicycle", size = "64x64x9", steps = 4, progress = false })

-- Another run from here on, with another rate; the first goes on, too.
local fork = run:fork{ learning_rate = 2e-4, steps = 30 }
run:resume()
run:wait()
fork:wait()
for _, job in ipairs{ run, fork } do print(job.state, job.step, job.loss, job.output_dir) end

-- Captions may be edited meanwhile; the next training says that they are newer than the embeddings, or encodes them first.
local scenes = prepared.scenes()
scenes[1].caption = "a red bicycle in the rain"
local short = cfg:copy{ optimization = { steps = 2 } }
print(tr:train(short, { refresh = true, progress = false }).state)
scenes:undo()
