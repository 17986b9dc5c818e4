-- Where to cut? The scores are computed once; thresholds and detectors are compared without decoding again.
-- ltxsh examples/cuts.lua [FOLDER]

local prepared = require "prepared"
local ds = Dataset.open(prepared.project)

local scan = ds:scan{ progress = false }
for _, threshold in ipairs{ 8, 12, 20, 27, 40 } do
    local first = scan:cuts{ threshold = threshold }[1]
    print(("content, threshold %2d: %2d cuts, at frames %s"):format(threshold, #first.cuts, table.concat(first.cuts, " ")))
end
for _, detector in ipairs{ "adaptive", "histogram", "hash", "threshold" } do
    local first = ds:scan{ detector = detector, progress = false }[1]
    print(("%-9s with its own threshold: %d cuts"):format(detector, #first.cuts))
end

-- Cutting writes clips; cutting again keeps the captions of the scenes that stay, and undo takes it back.
local scenes = prepared.scenes()
local captions = #scenes:captioned()
print(#scenes .. " scenes, " .. captions .. " with a caption")
