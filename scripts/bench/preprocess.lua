-- ltxsh preprocess.lua MODEL CLIPS OUT WxHxF: seconds of one pass of preprocessing, models loaded before. For preprocess.sh.
local model, clips, out, size = ...
local ds = Dataset.open(clips)
for i, clip in ipairs(ds) do clip.caption = ("clip number %d, a moving test picture with many colours"):format(i) end
local pre = Preprocessor.load{ model = model }
local began = time()
local pc = pre:run(ds, { size = size, output = out, progress = false })
print(("%.2f %d"):format(time() - began, #pc))
