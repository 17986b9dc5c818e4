-- What scripts/preprocess-kills.sh kills: preprocesses the clips of a folder.
--
--     ltxsh scripts/preprocess-kills.lua prepare FOLDER     makes clips in FOLDER/d, and a tiny model
--     ltxsh scripts/preprocess-kills.lua FOLDER
if arg[1] == "prepare" then
    local folder = arg[2]
    fs.mkdir(folder .. "/d")
    for i = 1, 4 do
        local source = ("testsrc2=size=64x%d:rate=24,hue=h=%d"):format(i % 2 == 0 and 64 or 32, i * 60)
        os.execute(("ffmpeg -nostdin -v error -y -f lavfi -i %s -frames:v %d -pix_fmt yuv420p %s/d/%d.mp4"):format(
            source, 20 + i, folder, i))
    end
    Models.make_tiny(folder .. "/tiny")
    local ds = Dataset.open(folder .. "/d")
    for i, clip in ipairs(ds) do clip.caption = "clip number " .. i // 2 end
    ds:references{ progress = false }
    ds:save()
else
    local pre = Preprocessor.load{ model = arg[1] .. "/tiny", device = "cpu" }
    pre:run(Dataset.open(arg[1] .. "/d"), { size = "64x32x9;32x32x9", frames = "chunks", progress = false })
end
