-- Trains the demonstration model's transformer from random weights, or goes on with it: after folder.py and clips.py.
--   ltxsh scripts/demo/base.lua preprocess|train|resume
local given = require("arguments"){
    help = "Preprocesses the clips of the demonstration's world and trains its transformer.",
    { "what", "preprocess, train or resume" },
    { "--steps", "updates in all", number = true },
}
local cfg = Config.load("scripts/demo/base.yaml")
if given.steps then cfg.optimization.steps = given.steps end
if given.what == "preprocess" then
    print(Preprocessor.load{ model = cfg.model.model_source }:run(Dataset.open("outputs/demo/clips"), { size = "96x64x9" }))
elseif given.what == "resume" then
    Trainer.load(cfg):resume(cfg.output_dir, cfg):wait()
else
    print(Trainer.load(cfg):train(cfg))
end
