-- Draws what the demonstration model does not know: a comet, ten clips of nine frames in one video.
-- `require("demo.comet")(PATH)` writes the video and returns the captions of its clips in order.
local draw = require("demo.draw")
local magenta, cyan, clamp = { 225, 40, 170 }, { 60, 220, 235 }, draw.clamp

--- The comet's tail and its head at x, y (way: -1 flies to the left).
local function layers(x, y, radius, way)
    return {
        function(column, row)
            local behind = -way * (column - x)
            local left = 1 - behind / (3.2 * radius)
            return clamp(0.5 + math.min(0.8 * radius * left - math.abs(row - y), behind)) * clamp(0.9 * left), cyan
        end,
        draw.shape("ball", magenta, x, y, radius),
    }
end

return function(path)
    local captions, clips = {}, {}
    for clip = 1, 10 do
        local background = draw.backgrounds[(clip - 1) % #draw.backgrounds + 1]
        local way = (clip + (clip - 1) // #draw.backgrounds) % 2 == 0 and 1 or -1
        local radius, y = 13 + clip * 7 % 4, 26 + clip * 11 % 13
        clips[clip] = function(u)
            return draw.picture(background, layers(48 + way * 30 * (2 * u - 1), y, radius, way))
        end
        captions[clip] = ("a comet flies to the %s %s"):format(way < 0 and "left" or "right", background[1])
    end
    draw.video(path, #clips, function(clip, u) return clips[clip](u) end)
    return captions
end
