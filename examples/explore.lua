-- Get to know a dataset: numbers, views, pictures, a page.
-- ltxsh examples/explore.lua [FOLDER]

local prepared = require "prepared"
local scenes = prepared.scenes()

print(scenes)
print(scenes:stats())

-- Views are datasets: they sort, filter and find, and an edit through one is an edit of the dataset.
print("the longest:", scenes:sorted("duration", { reverse = true })[1])
local short = scenes:filter(function(clip) return clip.duration < 2 end)
print(#short .. " of " .. #scenes .. " last less than two seconds")
print(#scenes:find("bicycle") .. " captions speak of a bicycle")

-- A clip's facts, and one of its pictures as numbers: height, width, channels.
local clip = scenes[1]
print(clip.name, clip.width .. "x" .. clip.height, clip.fps .. " fps", clip.codec)
local frame = clip:frame("0.5s")
print("the picture at half a second:", frame)

-- For the eye: a sheet, and a page on which every clip plays beside its caption.
print(scenes:contact_sheet("outputs/examples/explore/sheet.png", { columns = 4, progress = false }))
print(scenes:report("outputs/examples/explore/report.html", { progress = false }))
