-- From raw videos to a trained LoRA: BASENAME_raw -> scenes -> captions -> latents -> training -> ComfyUI. What is done is skipped.
local given = require("arguments"){
    help = "From raw videos to a trained LoRA; what is done already is skipped, so it may be called again after any failure.",
    { "basename", "BASENAME_raw holds the videos" },
    { "--resolution-buckets", "WxHxF, such as 768x448x89" },
    { "--config-template", "a YAML file with [BASENAME] and [RANK] in it" },
    { "--rank", "of the LoRA", integer = true, default = 32 },
    { "--id-token", "the trigger word" },
    { "--captioner", "a model's folder, or kimi, openai, ollama, …; without it captions must be there", short = "-c" },
    { "--device", "cpu, cuda or cuda:N" },
    { "--load-text-encoder-in-8bit", "hold the text encoder in 8 bits", flag = true },
    { "--vae-tiling", "encode large videos tile by tile", flag = true },
}
for _, name in ipairs{ "resolution_buckets", "config_template" } do
    if not given[name] then error("'--" .. name:gsub("_", "-") .. "' is missing; --help shows the options", 0) end
end
local base = given.basename
local raw = fs.exists(base .. "_raw") and base .. "_raw" or base
print("== scenes of " .. raw)
local scenes = Dataset.open(raw):split{ output = base .. "_scenes" }
scenes.trigger = given.id_token

if #scenes:uncaptioned() > 0 then
    if not given.captioner then error(("%d clips in %s have no caption; --captioner makes them"):format(#scenes:uncaptioned(), scenes.path), 0) end
    print("== captions")
    local cap = fs.exists(given.captioner) and Captioner.load{ model = given.captioner, device = given.device }
        or Captioner.api{ preset = given.captioner }
    cap:caption(scenes)
end

-- Only those places that the template has.
local template, values = given.config_template, {}
if not fs.exists(template) then template = "configs/" .. template:gsub("%.yaml$", "") .. ".yaml" end
local text = assert(io.open(template)):read("a")
for name, value in pairs{ BASENAME = base:match("[^/]+$"), RANK = given.rank } do
    if text:find("[" .. name .. "]", 1, true) then values[name] = value end
end
local cfg = next(values) and Config.template(template, values) or Config.load(template)
print("== latents and embeddings")
local pre = Preprocessor.load{
    model = cfg.model.model_source, device = given.device, vae_tiling = given.vae_tiling, text_encoder_8bit = given.load_text_encoder_in_8bit,
}
local pc = pre:run(scenes, { size = given.resolution_buckets })

cfg.data.preprocessed_data_root = pc.path
local prompts = {}
for i = 1, math.min(3, #scenes) do prompts[i] = ((given.id_token or "") .. " " .. scenes[i].caption):gsub("^ ", "") end
cfg.validation.prompts = prompts
print("== training")
local run = Trainer.load(cfg):train(cfg)
print(("%d steps in %s, for ComfyUI %s"):format(run.step, run.output_dir, Exporter.comfyui(run)))
