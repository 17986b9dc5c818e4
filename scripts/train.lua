-- Trains what a configuration says.
local given = require("arguments"){
    help = "Trains what a configuration says; with --resume it goes on where a run was stopped or killed.",
    { "config", "a YAML file" },
    { "--resume", "go on with the run in output_dir", flag = true },
    { "--disable-progress-bars", "no progress line", flag = true },
}
local cfg = Config.load(given.config)
local trainer, run = Trainer.load(cfg)
if given.resume then
    run = trainer:resume(cfg.output_dir)
    run:wait{ progress = not given.disable_progress_bars }
    if run.error then error(run.error, 0) end
else
    run = trainer:train(cfg, { progress = not given.disable_progress_bars })
end
print(("%d steps, loss %.4g, in %s"):format(run.step, run.loss or 0 / 0, run.output_dir))
