-- Resizes and crops every video of a folder.
local given = require("arguments"){
    help = "Resizes every video of a folder to a size, with what is too much cut off evenly.",
    { "input", "a folder of videos" }, { "output", "the folder for the new ones" }, { "size", "WxH, such as 768x448" },
    { "--override", "make again what is there", flag = true },
}
local resized = Dataset.open(given.input):resize{ size = given.size, output = given.output, force = given.override }
print(("%d videos in %s"):format(#resized, resized.path))
