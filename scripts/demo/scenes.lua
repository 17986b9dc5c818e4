-- What the examples that end in pictures work on: `require("demo.scenes")`.
local scenes = {}

scenes.model, scenes.size = "models/demo", "96x64x9"

--- The ten clips of the comet, preprocessed by a model, models/demo where none is given; the share of their pixels that has its magenta; and the clips.
function scenes.comet(folder, model)
    local video = folder .. "/clips/comet.mp4"
    local captions = require("demo.comet")(video)
    local clips = Dataset.open(video):split{ detector = "content", threshold = 27, min_scene_len = "8f", progress = false }
    assert(#clips == #captions, ("%d scenes of %d clips"):format(#clips, #captions))
    for i, clip in ipairs(clips) do clip.caption = captions[i] end
    clips.trigger = "COMET"
    local share = 0
    for _, clip in ipairs(clips) do share = share + require("demo.comets")(clip.path) / #clips end
    return Preprocessor.load{ model = model or scenes.model }:run(clips, { size = scenes.size, progress = false }), share, clips
end

return scenes
