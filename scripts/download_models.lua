-- Fetches models, or says which there are.
local given = require("arguments"){
    help = "Fetches models; without a name it lists those that there are. An interrupted download goes on where it was.",
    { "name", "a name of the list, or a repository: OWNER/NAME", optional = true },
    { "--output", "the folder; models/NAME by default", short = "-o" },
    { "--source", "where from", default = "auto", choices = { "auto", "hub", "modelscope" } },
    { "--mirror", "the address of a mirror, such as https://hf-mirror.com" },
    { "--revision", "a branch, tag or commit", default = "main" },
    { "--check", "hold what is there against its sums, and fetch nothing", flag = true },
    { "--dry-run", "say what would be fetched", flag = true },
}
if not given.name then return print(Models.list()) end
if given.check then
    local check = Models.check(Models.path(given.name), { sha256 = true })
    for _, problem in ipairs(check.problems) do print(problem) end
    print(("%d files are the published ones"):format(check.verified))
    if not check.complete then error(check.path .. " is not whole", 0) end
    return
end
local options = { output = given.output, source = given.source, endpoint = given.mirror, revision = given.revision, dry_run = given.dry_run }
local found = Models.download(given.name, options)
if given.dry_run then
    for _, file in ipairs(found.files) do print(("%14d  %-14s %s"):format(file.bytes, file.state, file.name)) end
    print(("%.2f GB in all, %.2f GB to fetch into %s"):format(found.bytes / 1e9, found.to_fetch / 1e9, found.path))
else
    print(found)
end
