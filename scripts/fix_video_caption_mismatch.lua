-- Finds captions without a clip, clips without a caption and names that do not fit, and repairs what can be repaired.
local given = require("arguments"){
    help = "Finds captions without a clip and clips without a caption, and repairs what can be repaired.",
    { "dataset", "a folder of clips or a metadata file" },
    { "--dry-run", "say what is wrong, and change nothing", flag = true },
}
local ds = Dataset.open(given.dataset)
for _, problem in ipairs(ds:check()) do print(problem.kind, problem.name, problem.message) end
if not given.dry_run then print(ds:fix{ orphans = true }) end
