-- Draws what the demonstration model does not know: a comet, ten clips of nine frames in one video.
-- `require("demo.comet")(PATH)` writes the video and returns the captions of its clips in order.
local width, height, frames, rate = 96, 64, 9, 24

-- The world's backgrounds: colour above, colour below, and where the second begins (nil: a ramp).
local backgrounds = {
    { "at night", { 10, 12, 50 }, { 40, 44, 110 } },
    { "over a meadow", { 150, 200, 240 }, { 70, 140, 60 }, 0.7 },
    { "on black", { 8, 8, 10 }, { 8, 8, 10 } },
    { "in a desert", { 250, 215, 160 }, { 205, 150, 90 }, 0.6 },
}
local magenta, cyan = { 225, 40, 170 }, { 60, 220, 235 }

local function clamp(x) return x < 0 and 0 or x > 1 and 1 or x end

--- One frame as bytes: the comet's magenta head at x, y, its tail behind it (way: -1 flies to the left).
local function picture(background, x, y, radius, way)
    local _, top, bottom, edge = table.unpack(background, 1, 4)
    local bytes = {}
    for row = 0, height - 1 do
        local down = edge and clamp(row + 1 - edge * height) or (row + 0.5) / height
        local dy = row + 0.5 - y
        for column = 0, width - 1 do
            local dx = column + 0.5 - x
            local behind = -way * dx
            local left = 1 - behind / (3.2 * radius)
            local tail = clamp(0.5 + math.min(0.8 * radius * left - math.abs(dy), behind)) * clamp(0.9 * left)
            local head = clamp(0.5 - (math.sqrt(dx * dx + dy * dy) - radius))
            for c = 1, 3 do
                local v = top[c] + (bottom[c] - top[c]) * down
                v = v + (cyan[c] - v) * tail
                v = v + (magenta[c] - v) * head
                bytes[#bytes + 1] = string.char(math.floor(v + 0.5))
            end
        end
    end
    return table.concat(bytes)
end

return function(path)
    fs.mkdir(path:match("^(.*)/") or ".")
    local write = "ffmpeg -nostdin -v error -y -f rawvideo -pix_fmt rgb24 -s %dx%d -r %d -i - -c:v libx264 -crf 6 -pix_fmt yuv420p '%s'"
    local pipe = assert(io.popen(write:format(width, height, rate, path), "w"))
    local captions = {}
    for clip = 1, 10 do
        local background = backgrounds[(clip - 1) % #backgrounds + 1]
        local way = (clip + (clip - 1) // #backgrounds) % 2 == 0 and 1 or -1
        local radius, y = 13 + clip * 7 % 4, 26 + clip * 11 % 13
        for i = 0, frames - 1 do
            local x = 48 + way * 30 * (2 * i / (frames - 1) - 1)
            pipe:write(picture(background, x, y, radius, way))
        end
        captions[clip] = ("a comet flies to the %s %s"):format(way < 0 and "left" or "right", background[1])
    end
    assert(pipe:close(), "ffmpeg could not write " .. path)
    return captions
end
