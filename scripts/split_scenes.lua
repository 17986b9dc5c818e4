-- Cuts a video, or every video of a folder, into scenes.
local given = require("arguments"){
    help = "Cuts a video, or every video of a folder, into scenes.",
    { "video", "a video, or a folder of them" },
    { "output", "the folder for the scenes" },
    { "--detector", "how cuts are found", default = "content", choices = { "content", "adaptive", "threshold", "histogram", "hash" } },
    { "--threshold", "score of a cut; the detector's own by default", number = true },
    { "--min-scene-length", "frames between two cuts, at least", integer = true, default = 15 },
    { "--filter-shorter-than", "leave shorter scenes out: 123 (frames), 1.5s, HH:MM:SS" },
    { "--max-scenes", "keep the first scenes only", integer = true },
    { "--duration", "how much of each video, from its start", short = "-d" },
    { "--skip-start", "where to begin, in frames", integer = true },
    { "--skip-end", "where to end, in frames from the start", integer = true },
    { "--save-images", "pictures of each scene, with a page", integer = true, default = 0 },
    { "--stats-file", "write a table of the scores into OUTPUT/stats", flag = true },
    { "--luma-only", "brightness alone counts", flag = true },
    { "--adaptive-window", "neighbours on each side (adaptive)", integer = true },
    { "--fade-bias", "where in a fade the cut lies, -1 to 1 (threshold)", number = true },
    { "--downscale", "score at 1/N of the size", integer = true },
    { "--frame-skip", "score one frame of N + 1", integer = true, default = 0 },
}
--- A time as upstream writes it: a whole number means frames.
local function moment(text) return text and (text:find("^%d+$") and text .. "f" or text) end

local scenes = Dataset.open(given.video):split{
    output = given.output, detector = given.detector, threshold = given.threshold, min_scene_len = given.min_scene_length .. "f",
    filter_shorter_than = moment(given.filter_shorter_than), max_scenes = given.max_scenes, duration = moment(given.duration),
    start = given.skip_start and given.skip_start .. "f", stop = given.skip_end and given.skip_end .. "f",
    images_per_scene = given.save_images, stats_csv = given.stats_file, luma_only = given.luma_only,
    window_width = given.adaptive_window, fade_bias = given.fade_bias, downscale = given.downscale, frame_skip = given.frame_skip,
}
print(("%d scenes in %s"):format(#scenes, scenes.path))
