-- From raw videos to a trained LoRA: BASENAME_raw -> scenes -> captions -> latents -> training -> ComfyUI. What is done is skipped.
local given = require("arguments"){
    help = "From raw videos to a trained LoRA; what is done already is skipped, so it may be called again after any failure.",
    { "basename", "BASENAME_raw holds the videos; or a folder of videos, or a project's name in train_date" },
    { "--resolution-buckets", "WxHxF, such as 768x448x89; several with ;" },
    { "--config-template", "a YAML file, or a name in configs/; its [BASENAME] and [RANK] are filled" },
    { "--rank", "of the LoRA; 32 in a template, else the configuration's own", integer = true },
    { "--id-token", "the trigger word" },
    { "--captioner", "a model's folder, or kimi, openai, ollama, …; without it captions must be there", short = "-c" },
    { "--model-source", "another model than the configuration's" },
    { "--device", "cpu, cuda or cuda:N" },
    { "--load-text-encoder-in-8bit", "hold the text encoder in 8 bits", flag = true },
    { "--vae-tiling", "encode large videos tile by tile", flag = true },
    { "--dry-run", "say what would be done, and how long it takes", flag = true },
}
for _, name in ipairs{ "resolution_buckets", "config_template" } do
    if not given[name] then error("'--" .. name:gsub("_", "-") .. "' is missing; --help shows the options", 0) end
end
local done = pipeline{
    project = given.basename, size = given.resolution_buckets, template = given.config_template, rank = given.rank,
    model = given.model_source, trigger = given.id_token, captioner = given.captioner, device = given.device, decode = true,
    text_encoder_8bit = given.load_text_encoder_in_8bit, vae_tiling = given.vae_tiling, dry = given.dry_run,
}
print(done)
if done.exported then print(("for ComfyUI %s"):format(done.exported)) end
