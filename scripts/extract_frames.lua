-- Writes frames of every video as pictures.
local given = require("arguments"){
    help = "Writes frames of every video as pictures.",
    { "input", "a folder of videos" }, { "output", "the folder for the pictures" },
    { "--every", "one frame of so many", integer = true, default = 1 },
    { "--override", "make again what is there", flag = true },
}
local count, folder = Dataset.open(given.input):extract_frames{ output = given.output, every = given.every, force = given.override }
print(("%d pictures in %s"):format(count, folder))
