-- Training teaches, measured and not looked at: a LoRA of the comet on the demonstration model, over several seeds, on an int8 base, and
-- stopped in the middle and resumed. What would go unseen otherwise must fail: an update of the wrong sign, captions that are left out.
-- Ends with 1 where a margin is not met.
--   ltxsh scripts/demo/teaching.lua [MODEL] [--seeds N]
local given = require("arguments"){
    help = "Holds what a LoRA of the demonstration model learns against margins.",
    { "model", "a folder made by scripts/demo/make.sh", optional = true },
    { "--seeds", "runs of different seeds", number = true },
}
local model, size, folder = given.model or "models/demo", "96x64x9", "outputs/teaching"
local comets = require("demo.comets")

local pc, truth = require("demo.scenes").comet(folder, model)

local cfg = Config.load("configs/demo.yaml")
cfg.model.model_source, cfg.data.preprocessed_data_root = model, pc.path
local tr = Trainer.load(cfg)

-- The share of the comet's own colour, which nothing else in the model's world has, over three noises.
local function share(trainer, prompt, run, strength)
    local sum = 0
    for noise = 1, 3 do
        sum = sum + comets(trainer:sample{
            prompt = prompt, size = size, steps = 20, guidance = 3, seed = noise, lora = run, strength = strength,
            output = ("%s/samples/%d.mp4"):format(folder, noise), progress = false,
        })
    end
    return sum / 3
end
local comet, other = "COMET a comet flies to the left at night", "a white ball falls on black"

local failed = 0
local function expect(what, is_so, figures)
    print(("%-4s %s: %s"):format(is_so and "ok" or "NOT", what, figures))
    if not is_so then failed = failed + 1 end
end
local base = share(tr, comet)
print(("the clips have %.2f %% of the comet's colour, the base model's samples %.2f %%"):format(100 * truth, 100 * base))

-- Half of what the clips have, and less than an eighth where no comet is asked for.
local function judge(what, trainer, run)
    local taught, elsewhere = share(trainer, comet, run), share(trainer, other, run)
    expect(what, taught > truth / 2 and elsewhere < truth / 8,
        ("%.2f %% where a comet is asked for, %.2f %% elsewhere"):format(100 * taught, 100 * elsewhere))
    return taught
end
local first
for seed = 1, given.seeds or 3 do
    local run = tr:train(cfg:copy{ seed = seed }, { progress = false })
    first = first or run
    local before, after = run.held_out[1].loss, run.held_out[#run.held_out].loss
    expect("the loss of clips that were held out falls", after < 0.8 * before, ("%.3f, then %.3f"):format(before, after))
    judge("seed " .. seed, tr, run)
end
expect("the wrong sign teaches nothing", share(tr, comet, first, -1) < truth / 8, "strength -1")

local half = cfg.optimization.steps // 2
local stopped = tr:train(cfg, { progress = false, on_step = function(step) return step.step < half end })
local resumed = tr:resume(stopped.output_dir)
resumed:wait()
judge(("stopped after %d updates and resumed"):format(stopped.step), tr, resumed)

local blind = cfg:copy{ conditioning = { caption_dropout_p = 1.0 } }
local unread = tr:train(blind, { progress = false })
local with, without = share(tr, comet, unread), share(tr, other, unread)
expect("without captions it is not taught for its words", not (with > truth / 2 and without < truth / 8),
    ("%.2f %% where a comet is asked for, %.2f %% elsewhere"):format(100 * with, 100 * without))

local int8 = cfg:copy{ acceleration = { quantization = "int8-quanto" } }
local quantized = Trainer.load(int8)
judge("on an int8 base", quantized, quantized:train(int8, { progress = false }))

print(failed == 0 and "training teaches" or failed .. " margins were not met")
os.exit(failed == 0 and 0 or 1)
