-- Encodes videos and captions for training.
local preprocessing = require "preprocessing"
local given = require("arguments")(preprocessing.with("Encodes videos and captions for training; what is up to date is left as it is.", {
    { "--decode-videos", "decode every clip again into decoded_videos, to be looked at", flag = true },
    { "--remove-llm-prefixes", "take \"This video shows\" and its like off the captions first", flag = true },
}))
if given.remove_llm_prefixes then
    local ds, changed = Dataset.open(given.dataset), 0
    for _, word in ipairs{ "shows", "depicts", "features", "captures", "highlights", "introduces", "presents" } do
        for _, start in ipairs{ "This video", "The video", "This clip", "The clip", "The animation", "This image", "The image" } do
            changed = changed + ds:replace("^" .. start .. " " .. word .. " ", "")
        end
    end
    print(changed .. " captions begin without such words")
end
local pre, pc = preprocessing.run(given)
print(("%d clips in %s"):format(#pc, pc.path))
if given.decode_videos then preprocessing.decode(pre, pc, pc.path .. "/decoded_videos") end
