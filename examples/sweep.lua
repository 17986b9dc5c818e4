-- Which rank, which learning rate? Both tried on the comet of before_after.lua: a table that compares the runs, and the same prompt and noise
-- drawn by each. The model is loaded once; two minutes on two cores.
--   ltxsh examples/sweep.lua [--steps N]
local given = require("arguments"){
    help = "Compares ranks and learning rates on the demonstration model, in a table and in pictures.",
    { "--steps", "updates of each run", integer = true, default = 200 },
}
local folder, prompt = "outputs/examples/sweep", "COMET a comet flies to the left at night"
local comets, strip = require("demo.comets"), require("demo.strip")

local pc, truth = require("demo.scenes").comet(folder)
local cfg = Config.load("configs/demo.yaml"):copy{ optimization = { steps = given.steps } }
cfg.data.preprocessed_data_root = pc.path
cfg.output_dir = folder .. "/run"
local tr = Trainer.load(cfg)

local function sample(name, run)
    return tr:sample{
        prompt = prompt, size = "96x64x9", steps = 20, guidance = 3, seed = 7, lora = run,
        output = ("%s/%s.mp4"):format(folder, name), progress = false,
    }
end
local before = sample("before")

local function compare(what, key, values)
    local runs = tr:sweep(cfg, { [key] = values }, { progress = false })
    print("\n" .. what .. "\n")
    print(runs)
    local rows = { before }
    for i, run in ipairs(runs) do
        rows[i + 1] = sample(("%s_%s"):format(what:gsub("%s", "_"), values[i]), run.output_dir)
        print(("%s %-8s %5.2f %% of the sample is of the comet's magenta; the clips have %.2f %%"):format(
            what, values[i], 100 * comets(rows[i + 1]), 100 * truth))
    end
    local path = ("%s/%s.png"):format(folder, what:gsub("%s", "_"))
    strip(path, rows)
    print("drawn from above, before and then each in turn: " .. path)
end
compare("rank", "lora.rank", { 2, 8, 32 })
compare("learning rate", "optimization.learning_rate", { 2e-4, 2e-3, 1e-2 })
