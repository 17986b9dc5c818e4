-- What the other examples begin with: a tiny random model, the scenes of a real video, captions, latents and embeddings.
-- What is there already is used as it is. (`require` finds this file because it lies beside the script.)

local prepared = { project = arg and arg[1] or "train_date/quickstart", size = "96x64x17" }

prepared.model = Models.make_tiny("models/tiny")

function prepared.scenes()
    local scenes = Dataset.open(prepared.project):split{ threshold = 12, min_scene_len = "0.8s", progress = false }
    for i, clip in ipairs(scenes:uncaptioned()) do
        clip.caption = ("Shot %d: people and bicycles in a wide street, overcast light."):format(i)
    end
    return scenes
end

function prepared.data()
    return Preprocessor.load{ model = prepared.model }:run(prepared.scenes(), { size = prepared.size, progress = false })
end

-- The quickstart's configuration with a folder of its own for the results.
function prepared.config(name, changes)
    local cfg = Config.load("configs/tiny.yaml"):copy(changes or {})
    cfg.model.model_source = prepared.model
    cfg.data.preprocessed_data_root = prepared.data()
    cfg.output_dir = "outputs/examples/" .. name
    return cfg
end

return prepared
