-- plan.lua FOLDER prepare | plan.lua FOLDER SETTING: for plan.sh.
local folder, what = arg[1], arg[2]
local settings = {
  plain = {}, recomputed = { optimization = { enable_gradient_checkpointing = true } },
  fp32 = { acceleration = { mixed_precision_mode = "no" } },
  int8 = { acceleration = { quantization = "int8-quanto" } },
  full = { model = { training_mode = "full" } },
}
if what == "prepare" then
  local ds = Dataset.open(folder .. "/clips")
  for clip in ds do clip.caption = "colours that move" end
  local pre = Preprocessor.load{ model = folder .. "/model" }
  pre:run(ds, { size = "512x512x49" })
  return
end

-- In bytes: a line of /proc/self/status.
local function status(name)
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^" .. name .. ":%s+(%d+)")
    if kilobytes then return kilobytes * 1024 end
  end
end
local cfg = Config.default()
cfg.model.model_source = folder .. "/model"
cfg.data.preprocessed_data_root = folder .. "/clips"
cfg.data.num_dataloader_workers = 0
cfg.output_dir = folder .. "/out"
cfg.optimization.steps = 3
cfg.optimization.batch_size = 4
cfg.validation.interval = nil
cfg = cfg:copy(settings[what])
local tr = Trainer.load(cfg)
local plan = tr:plan(cfg, { tflops = 1 })
local planned = plan.total
for _, part in ipairs(plan.parts) do
  if part.name == "transformer" and what ~= "full" then planned = planned - part.bytes end
end
-- What the libraries load and keep for themselves on first use is not the training's: one clip first, and the peak is forgotten.
tr:train(cfg:copy{ optimization = { batch_size = 1, steps = 1 }, output_dir = folder .. "/first" }, { progress = false })
collectgarbage()
local before = status("VmRSS")
local peak <close> = assert(io.open("/proc/self/clear_refs", "w"))
peak:write("5")
peak:flush()
tr:train(cfg, { progress = false })
local taken = status("VmHWM") - before
print(string.format("%-12s planned %4.0f MB, took %4.0f MB: %.2f", what, planned / 1e6, taken / 1e6, taken / planned))
os.exit(math.abs(taken - planned) <= planned / 10 and 0 or 1)
