-- Image to video: train with the first frame given every other time, then begin a video with a picture.
-- ltxsh examples/first_frame.lua [FOLDER]

local prepared = require "prepared"
local cfg = prepared.config("first_frame", {
    optimization = { steps = 6 }, conditioning = { first_frame_conditioning_p = 0.5 },
})
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })

local picture = "outputs/examples/first_frame/first.png"
prepared.scenes()[1]:frame(0, picture)
for _, strength in ipairs{ 0, 0.5, 1 } do
    print(tr:sample{
        prompt = "a bicycle in a street", image = picture, lora = run, strength = strength, size = "64x64x9", steps = 4, seed = 7,
        output = ("outputs/examples/first_frame/strength_%s.mp4"):format(strength), progress = false,
    })
end
