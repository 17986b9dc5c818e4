-- Writes a LoRA in the spelling of another program.
local given = require("arguments"){
    help = "Writes a LoRA in the spelling of another program; a folder of them with --all.",
    { "input", "a .safetensors file, or an output folder for its last checkpoint" },
    { "--to", "the spelling", default = "comfyui", choices = { "comfyui", "diffusers", "kohya", "peft" } },
    { "--to-comfy", "the same as --to comfyui", flag = true },
    { "--output-path", "a file or folder; NAME_comfy.safetensors and its like beside the input by default" },
    { "--all", "every LoRA of the folder", flag = true },
}
local format = given.to_comfy and "comfyui" or given.to
if given.all then
    local failed = 0
    for _, file in ipairs(Exporter.batch(given.input, { format = format, output = given.output_path })) do
        print(file.source .. " -> " .. (file.path or "NOT CONVERTED: " .. file.error))
        if file.error then failed = failed + 1 end
    end
    if failed > 0 then error(failed .. " files could not be converted", 0) end
else
    print(Exporter[format](given.input, given.output_path))
end
