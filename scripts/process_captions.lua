-- Encodes the captions of a dataset; like preprocess_dataset.lua, which does both in one pass and leaves what is up to date.
local preprocessing = require "preprocessing"
local given = require("arguments")(preprocessing.with("Encodes the captions of a dataset, with what belongs to them; what is up to date is left as it is."))
local _, pc = preprocessing.run(given)
print(("%d clips in %s"):format(#pc, pc.path))
