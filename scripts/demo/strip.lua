-- `require("demo.strip")(PATH.png, { VIDEO, … })`: one row a video, five of its frames from left to right; returns the picture.
return function(path, videos)
    local shown, gap = 5, 2
    local rows, width = {}, nil
    local first
    for _, video in ipairs(videos) do
        local clip, pictures = Dataset.open(video)[1], {}
        for i = 1, shown do
            local frame = (i - 1) * (clip.frames - 1) // (shown - 1)
            pictures[i] = clip:frame(frame .. "f")
        end
        first = first or pictures[1]
        local bytes = first.width * 3
        width = shown * first.width + (shown - 1) * gap
        for y = 0, first.height - 1 do
            local line = {}
            for i, picture in ipairs(pictures) do line[i] = picture.pixels:sub(y * bytes + 1, (y + 1) * bytes) end
            rows[#rows + 1] = table.concat(line, ("\255"):rep(3 * gap))
        end
        for _ = 1, gap do rows[#rows + 1] = ("\255"):rep(3 * width) end
    end
    for _ = 1, gap do rows[#rows] = nil end
    local strip = first:resized(width, #rows):with(table.concat(rows))
    fs.mkdir(path:match("^(.*)/") or ".")
    strip:save(path)
    return strip
end
