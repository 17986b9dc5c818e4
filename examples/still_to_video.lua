-- A picture that begins to move: image to video by the base model, and by a LoRA that was trained with its first frames given.
-- A minute on two cores.
--   ltxsh examples/still_to_video.lua [--steps N]
local given = require("arguments"){
    help = "Begins videos with a picture, before and after training on clips whose first frame is given.",
    { "--steps", "updates", integer = true, default = 300 },
}
local folder = "outputs/examples/still_to_video"
local draw, project, strip = require("demo.draw"), require("demo.scenes"), require("demo.strip")
local comets = require("demo.comets")

local pc, _, clips = project.comet(folder)
local cfg = Config.load("configs/demo.yaml"):copy{
    optimization = { steps = given.steps },
    conditioning = { first_frame_conditioning_p = 0.7, first_frame_conditioning_per_sample = true },
}
cfg.data.preprocessed_data_root, cfg.output_dir = pc.path, folder .. "/run"
cfg.lora.target_modules = { "to_q", "to_k", "to_v", "to_out.0" }
local tr = Trainer.load(cfg)
local run = tr:train(cfg, { progress = false })
print(run)

for _, number in ipairs{ 1, 4 } do
    local clip = clips[number]
    local picture = ("%s/%d.png"):format(folder, number)
    clip:frame(0, picture)
    local function sample(name, lora, image)
        return tr:sample{
            prompt = "COMET " .. clip.caption, image = image, lora = lora, size = project.size, steps = 20, guidance = 3, seed = 7,
            output = ("%s/%d_%s.mp4"):format(folder, number, name), progress = false,
        }
    end
    local rows = { clip.path, sample("before", nil, picture), sample("words", run), sample("after", run, picture) }
    print(('\n"%s"'):format(clip.caption))
    for i, name in ipairs{ "base model, first frame", "LoRA, words alone", "LoRA, first frame" } do
        print(("%-24s %5.1f of 255 from the true clip, %5.2f %% of it is the comet's magenta (there %.2f %%)"):format(
            name, draw.distance(rows[i + 1], clip.path), 100 * comets(rows[i + 1]), 100 * comets(clip.path)))
    end
    strip(("%s/%d_strip.png"):format(folder, number), rows)
    print(("from above: the clip, then these three: %s/%d_strip.png"):format(folder, number))
end
