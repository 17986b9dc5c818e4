-- The first row of the README's strip, drawn again: how far it is from what the README shows, in 1/255.
--   ltxsh scripts/demo/first_row.lua PICTURE
local given = require("arguments"){
    help = "Draws the first row of the README's strip again, and says how far it is from the picture.",
    { "picture", "docs/pictures/comet.png" },
}
local folder = "outputs/first_row"
local drawn = Trainer.load(Config.load("configs/demo.yaml")):sample{
    prompt = "COMET a comet flies to the left at night", size = "96x64x9", steps = 20, guidance = 3, seed = 7, fps = 8,
    output = folder .. "/before.mp4", progress = false,
}
require("demo.strip")(folder .. "/before.png", { drawn })
-- As wide as the whole strip, so its bytes are the strip's first.
print(require("demo.draw").distance(folder .. "/before.png", given.picture))
