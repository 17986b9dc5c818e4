-- `require("demo.comets")(VIDEO)`: the share of a video's pixels that have a comet's magenta, which nothing else in the demonstration's
-- world has: how much of a comet is there, without eyes.
return function(video)
    local clip = Dataset.open(video)[1]
    local magenta, pixels = 0, 0
    for i = 0, clip.frames - 1 do
        local frame = clip:frame(i .. "f")
        local bytes = frame.pixels
        pixels = pixels + frame.width * frame.height
        for at = 1, #bytes, 3 do
            local r, g, b = bytes:byte(at, at + 2)
            if r > 130 and b > 80 and r - g > 70 and b - g > 40 then magenta = magenta + 1 end
        end
    end
    return magenta / pixels
end
