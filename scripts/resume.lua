-- A training that may be killed at any moment: what scripts/resume.sh and the tests run.
--
--     ltxsh scripts/resume.lua prepare FOLDER [CLIPS [MODE]]  a tiny model, six clips, and FOLDER/config.yaml for a run of 40 steps;
--                                                       MODE is lora or full
--     ltxsh scripts/resume.lua CONFIG.yaml             trains, or goes on from the state that a killed run has left; "step N" an update
local function prepare(folder, count, mode)
    fs.mkdir(folder .. "/clips")
    local model = Models.make_tiny(folder .. "/tiny")
    for n = 1, count do
        local clip = ("%s/clips/clip%d.mp4"):format(folder, n)
        local source = ("testsrc2=size=96x64:rate=24:duration=1,hue=h=%d"):format(n * 70)
        assert(os.execute(("ffmpeg -v error -y -f lavfi -i '%s' -frames:v 17 '%s'"):format(source, clip)))
    end
    local clips = Dataset.open(folder .. "/clips")
    for n, clip in ipairs(clips) do clip.caption = "a test picture, number " .. n end
    local pre = Preprocessor.load{ model = model }
    local data = pre:run(clips:slice(1, math.min(count, 4)), { size = "96x64x17", progress = false })
    -- Two of another size and length: batches of one size each, and some wait for the next epoch.
    if count > 4 then pre:run(clips:slice(5, count), { size = "64x64x9", progress = false }) end
    local cfg = Config.default()
    cfg.model.model_source = model
    cfg.model.training_mode = mode
    cfg.lora = { rank = 32, alpha = 32, dropout = 0.2 }  -- 4096 elements a matrix: states of 8 bits
    cfg.conditioning = {
        first_frame_conditioning_p = 0.3, first_frame_conditioning_per_sample = true, caption_dropout_p = 0.2,
    }
    if count > 4 then cfg.data.validation_split, cfg.validation.loss_interval = 0.2, 5 end
    cfg.optimization = {
        learning_rate = 1e-3, steps = 40, batch_size = 2, gradient_accumulation_steps = 2, warmup_steps = 6,
        optimizer_type = "adamw8bit", scheduler_type = "cosine", ema_decay = 0.9,
    }
    cfg.data.preprocessed_data_root = data.path
    cfg.validation.interval = nil
    cfg.checkpoints = { interval = 6, keep_last_n = 2 }
    cfg.output_dir = folder .. "/out"
    cfg:save(folder .. "/config.yaml")
end
local function say(step)
    io.stdout:write("step ", step.step, "\n")
    io.stdout:flush()
end

if arg[1] == "prepare" then return prepare(arg[2], tonumber(arg[3] or 6), arg[4] or "lora") end
local cfg = Config.load(arg[1])
local trainer = Trainer.load(cfg)
if #fs.glob(cfg.output_dir .. "/states/state_*.safetensors") > 0 then
    local run = trainer:resume(cfg.output_dir, { on_step = say })
    run:wait{ progress = false }
    assert(run.state == "finished", run.error)
else
    trainer:train(cfg, { on_step = say, progress = false })
end
