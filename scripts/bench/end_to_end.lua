-- Ten scenes of one video to a LoRA, in one session: what scripts/bench/end_to_end.sh times.
--
--     ltxsh scripts/bench/end_to_end.lua FOLDER CAPTIONER CONFIG.yaml SIZE
local folder, captioner, config, size = table.unpack(arg)
local function timed(name, work)
    local began = time()
    local result = work()
    print(("  %s %.1f s"):format(name, time() - began))
    return result
end
print("ours:")
local cfg = Config.load(config)
local clips = timed("split", function() return Dataset.open(folder):split{ progress = false } end)
assert(#clips == 10, #clips .. " scenes")
timed("caption", function()
    local cap = Captioner.load{ model = captioner, device = "cpu" }
    local result = cap:caption(clips, { keep_suspect = true, progress = false })
    cap:unload()
    return result
end)
-- A captioner of random weights may say nothing at all.
for i, clip in ipairs(clips:uncaptioned()) do clip.caption = "clip number " .. i end
local tr = Trainer.load(cfg)
timed("preprocess", function() return Preprocessor.load{ model = cfg.model.model_source }:run(clips, { size = size, progress = false }) end)
local run = timed("train", function() return tr:train(cfg, { progress = false }) end)
timed("export", function() return Exporter.comfyui(run) end)
