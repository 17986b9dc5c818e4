-- `require("demo.comets")(VIDEO)`: how much of a comet is in a video, without eyes. `share` is the share of its pixels that have the
-- stripes' magenta, which nothing else in the demonstration's world has; `stripes` how many of them a row that has any crosses.
return function(video)
    local clip = Dataset.open(video)[1]
    local magenta, pixels, rows, stripes = 0, 0, 0, 0
    for i = 0, clip.frames - 1 do
        local frame = clip:frame(i .. "f")
        local bytes, width = frame.pixels, frame.width
        pixels = pixels + width * frame.height
        for y = 0, frame.height - 1 do
            local runs, inside = 0, false
            for x = 0, width - 1 do
                local r, g, b = bytes:byte((y * width + x) * 3 + 1, (y * width + x) * 3 + 3)
                local is = r > 130 and b > 80 and g < 120 and r - g > 70 and b - g > 20
                if is then
                    magenta = magenta + 1
                    if not inside then runs = runs + 1 end
                end
                inside = is
            end
            if runs > 0 then rows, stripes = rows + 1, stripes + runs end
        end
    end
    return { share = magenta / pixels, stripes = rows > 0 and stripes / rows or 0 }
end
