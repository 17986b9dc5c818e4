-- The demonstration's world, drawn in Lua as scripts/demo/world.py draws it: pictures of 96 x 64 pixels, videos of nine frames a clip.
local draw = { width = 96, height = 64, frames = 9, rate = 24 }

-- Colour above, colour below, and where the second begins (nil: a ramp).
draw.backgrounds = {
    { "at night", { 10, 12, 50 }, { 40, 44, 110 } },
    { "over a meadow", { 150, 200, 240 }, { 70, 140, 60 }, 0.7 },
    { "on black", { 8, 8, 10 }, { 8, 8, 10 } },
    { "in a desert", { 250, 215, 160 }, { 205, 150, 90 }, 0.6 },
}
draw.colours = {
    { "red", { 220, 40, 40 } }, { "green", { 40, 180, 60 } }, { "blue", { 50, 90, 230 } },
    { "yellow", { 240, 220, 50 } }, { "orange", { 245, 140, 30 } }, { "white", { 240, 240, 240 } },
}
draw.shapes = { "ball", "square", "triangle" }

function draw.clamp(x) return x < 0 and 0 or x > 1 and 1 or x end
local clamp = draw.clamp

--- How much of the pixel at dx, dy from its centre a shape covers.
local outlines = {
    ball = function(dx, dy, r) return math.sqrt(dx * dx + dy * dy) - r end,
    square = function(dx, dy, r) return math.max(math.abs(dx), math.abs(dy)) - 0.88 * r end,
    triangle = function(dx, dy, r) return math.max(math.abs(dx) * 0.866 - dy * 0.5, dy) - 0.62 * r end,
}
--- A layer for `picture`: a shape of one colour.
function draw.shape(kind, colour, x, y, radius)
    local outline = outlines[kind]
    return function(column, row) return clamp(0.5 - outline(column - x, row - y, radius)), colour end
end
--- A layer for `picture`: its edge in white, four pixels wide.
function draw.edge(kind, x, y, radius)
    local outline = outlines[kind]
    return function(column, row) return clamp(2 - math.abs(outline(column - x, row - y, radius))), { 255, 255, 255 } end
end

--- One frame as bytes. A layer says of the pixel at a column and a row how much of it is covered, 0 to 1, and by which colour; the
--- later ones lie above.
function draw.picture(background, layers)
    local _, top, bottom, edge = table.unpack(background, 1, 4)
    local bytes = {}
    for row = 0, draw.height - 1 do
        local down = edge and clamp(row + 1 - edge * draw.height) or (row + 0.5) / draw.height
        local r0, g0, b0 = top[1] + (bottom[1] - top[1]) * down, top[2] + (bottom[2] - top[2]) * down,
            top[3] + (bottom[3] - top[3]) * down
        for column = 0, draw.width - 1 do
            local r, g, b = r0, g0, b0
            for _, layer in ipairs(layers) do
                local share, colour = layer(column + 0.5, row + 0.5)
                if share > 0 then
                    r, g, b = r + (colour[1] - r) * share, g + (colour[2] - g) * share, b + (colour[3] - b) * share
                end
            end
            bytes[#bytes + 1] = string.char(math.floor(r + 0.5), math.floor(g + 0.5), math.floor(b + 0.5))
        end
    end
    return table.concat(bytes)
end

--- Writes clips one after the other into one video. `frame(clip, u)` returns the bytes of the frame at the share u of its time, 0 to 1.
function draw.video(path, clips, frame)
    fs.mkdir(path:match("^(.*)/") or ".")
    local write = "ffmpeg -nostdin -v error -y -f rawvideo -pix_fmt rgb24 -s %dx%d -r %d -i - -c:v libx264 -crf 6 -pix_fmt yuv420p '%s'"
    local pipe = assert(io.popen(write:format(draw.width, draw.height, draw.rate, path), "w"))
    for clip = 1, clips do
        for i = 0, draw.frames - 1 do pipe:write(frame(clip, i / (draw.frames - 1))) end
    end
    assert(pipe:close(), "ffmpeg could not write " .. path)
end

--- Clip number n of a series in which shapes, colours, motions and backgrounds all change: its caption, and a function that returns its
--- frame's background and layers at the share u of its time.
function draw.clip(n)
    local shape = draw.shapes[n * 7 % 3 + 1]
    local colour = draw.colours[(n * 5 + n // 6) % 6 + 1]
    local background = draw.backgrounds[n % 4 + 1]
    local motion = (n * 3 + n // 4) % 4
    local radius, x, y = 10 + n * 13 % 8 / 2, 30 + n * 17 % 37, 24 + n * 11 % 17
    local verb = shape == "ball" and "rolls" or "slides"
    local words = ({ verb .. " to the left", verb .. " to the right", "rises", "falls" })[motion + 1]
    local caption = ("a %s %s %s %s"):format(colour[1], shape, words, background[1])
    return caption, function(u)
        local way = 2 * u - 1
        local at = ({ { 48 - 32 * way, y }, { 48 + 32 * way, y }, { x, 32 - 19 * way }, { x, 32 + 19 * way } })[motion + 1]
        return background, { draw.shape(shape, colour[2], at[1], at[2], radius) }
    end
end

--- Mean difference of two videos of one size, in 1/255.
function draw.distance(a, b)
    a, b = Dataset.open(a)[1], Dataset.open(b)[1]
    local sum, count = 0, 0
    for i = 0, math.min(a.frames, b.frames) - 1 do
        local x, y = a:frame(i .. "f").pixels, b:frame(i .. "f").pixels
        for at = 1, math.min(#x, #y) do sum = sum + math.abs(x:byte(at) - y:byte(at)) end
        count = count + math.min(#x, #y)
    end
    return sum / count
end

return draw
