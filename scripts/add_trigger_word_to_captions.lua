-- Puts the trigger word before every caption, once.
local given = require("arguments"){
    help = "Puts the trigger word before every caption that does not begin with it. Training needs it not: preprocessing puts a dataset's trigger there by itself.",
    { "dataset", "a folder of clips or a metadata file" }, { "word", "the trigger word" },
}
print(Dataset.open(given.dataset):prefix(given.word .. " ") .. " captions changed")
