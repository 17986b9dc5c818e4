-- What the three scripts of preprocessing have in common.
local preprocessing = {}

preprocessing.options = {
    { "dataset", "a metadata file (json, jsonl, csv, txt) or a folder of clips" },
    { "--resolution-buckets", "WxHxF: multiples of 32 pixels, frames 8·n + 1" },
    { "--output-dir", "where to write; .precomputed beside the captions by default" },
    { "--model-source", "a version name, a folder or a .safetensors file", default = "LTXV_13B_097_DEV" },
    { "--id-token", "the trigger word, put before every caption" },
    { "--batch-size", "captions encoded at once", integer = true, default = 1 },
    { "--device", "cpu, cuda or cuda:N" },
    { "--load-text-encoder-in-8bit", "hold the text encoder in 8 bits", flag = true },
    { "--vae-tiling", "encode large videos tile by tile", flag = true },
    { "--override", "encode again what is up to date", flag = true },
}

function preprocessing.load(given)
    return Preprocessor.load{
        model = given.model_source, device = given.device, vae_tiling = given.vae_tiling, text_encoder_8bit = given.load_text_encoder_in_8bit,
    }
end
function preprocessing.run(given)
    if not given.resolution_buckets then error("'--resolution-buckets' is missing: WxHxF, such as 768x448x89", 0) end
    local ds = Dataset.open(given.dataset)
    local pre = preprocessing.load(given)
    return pre, pre:run(ds, {
        size = given.resolution_buckets, trigger = given.id_token, output = given.output_dir, batch_size = given.batch_size,
        force = given.override,
    })
end
--- The options with more of a script's own.
function preprocessing.with(help, more)
    local all = { help = help }
    for _, list in ipairs{ preprocessing.options, more or {} } do table.move(list, 1, #list, #all + 1, all) end
    return all
end
--- Decodes every clip again, to be looked at.
function preprocessing.decode(pre, pc, folder)
    fs.mkdir(folder)
    for i = 1, #pc do
        local name = tostring(pc[i].name):gsub("%.%w+$", ""):gsub("/", "_")
        pre:decode(pc, i, ("%s/%s.mp4"):format(folder, name))
    end
    print(("%d clips decoded into %s"):format(#pc, folder))
end
return preprocessing
