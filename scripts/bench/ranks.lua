-- The median seconds of an update: what scripts/bench/ranks.sh runs.
--
--     ltxsh scripts/bench/ranks.lua prepare FOLDER STEPS      a tiny model, clips and FOLDER/config.yaml
--     ltxsh scripts/bench/ranks.lua CONFIG.yaml OUTPUT
local function prepare(folder, steps)
    fs.mkdir(folder .. "/clips")
    local model = Models.make_tiny(folder .. "/tiny")
    for n = 1, 4 do
        local clip = ("%s/clips/clip%d.mp4"):format(folder, n)
        local source = ("testsrc2=size=512x320:rate=24:duration=2,hue=h=%d"):format(n * 70)
        assert(os.execute(("ffmpeg -v error -y -f lavfi -i '%s' -frames:v 33 '%s'"):format(source, clip)))
    end
    local clips = Dataset.open(folder .. "/clips")
    for n, clip in ipairs(clips) do clip.caption = "a test picture, number " .. n end
    local data = Preprocessor.load{ model = model }:run(clips, { size = "512x320x33", progress = false })
    local cfg = Config.default()
    cfg.model.model_source = model
    cfg.lora = { rank = 32, alpha = 32 }
    cfg.optimization = { learning_rate = 1e-3, steps = steps, batch_size = 2, gradient_accumulation_steps = 1 }
    cfg.data.preprocessed_data_root = data.path
    cfg.validation.interval = nil
    cfg.checkpoints = { keep_states = 0 }
    cfg:save(folder .. "/config.yaml")
end
if arg[1] == "prepare" then return prepare(arg[2], math.tointeger(arg[3])) end
local cfg = Config.load(arg[1])
cfg.output_dir = arg[2]
local seconds = {}
Trainer.load(cfg):train(cfg, { progress = false, on_step = function(step) seconds[#seconds + 1] = step.seconds end })
table.sort(seconds)
print(seconds[#seconds // 2 + 1])
