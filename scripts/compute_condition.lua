-- Makes the reference video of every clip, for training with references (IC-LoRA).
local given = require("arguments"){
    help = "Makes the reference video of every clip and writes it down as reference_path.",
    { "dataset", "a folder of clips or a metadata file" },
    { "--condition", "what the references show", default = "canny", choices = { "canny" } },
    { "--output", "the folder for the references" },
    { "--override", "make again what is there", flag = true },
}
local ds = Dataset.open(given.dataset)
ds:references{ kind = given.condition, output = given.output, force = given.override }
print(("%d clips have a reference"):format(#ds:filter(function(clip) return clip.reference ~= nil end)))
