-- Decodes preprocessed clips, to be looked at.
local preprocessing = require "preprocessing"
local given = require("arguments"){
    help = "Decodes preprocessed clips, to be looked at.",
    { "latents", "the folder that preprocessing wrote" },
    { "output", "the folder for the videos" },
    { "--model-source", "a version name, a folder or a .safetensors file", default = "LTXV_13B_097_DEV" },
    { "--device", "cpu, cuda or cuda:N" }, { "--vae-tiling", "decode large videos tile by tile", flag = true },
}
preprocessing.decode(preprocessing.load(given), Preprocessor.open(given.latents), given.output)
