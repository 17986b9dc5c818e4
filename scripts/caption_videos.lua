-- Describes the clips of a folder, with a model on this machine or a server.
local given = require("arguments"){
    help = "Describes what has no caption, with a model on this machine or a server.",
    { "input", "a folder of clips, a metadata file or one clip" },
    { "--output", "the metadata file (json, jsonl, csv, txt); beside the clips by default", short = "-o" },
    { "--captioner-type", "a model's folder or name, or a server: kimi, openai, gemini, ollama, vllm, …", short = "-c", default = "qwen_25_vl" },
    { "--endpoint", "the address of a server" }, { "--model", "the server's name for its model" },
    { "--device", "cpu, cuda or cuda:N", short = "-d" },
    { "--use-8bit", "hold the model in 8 bits", flag = true },
    { "--instruction", "what to ask", short = "-i" },
    { "--fps", "frames a second to look at", short = "-f", number = true },
    { "--trigger", "a word that every caption begins with" },
    { "--clean-caption", "take away \"This video shows\" (as it is)", flag = true }, { "--no-clean-caption", "leave it", flag = true },
    { "--override", "caption again what has a caption, but for what you wrote yourself", flag = true },
}
local names = { qwen_25_vl = "Qwen2.5-VL-7B-Instruct", llava_next_7b = "LLaVA-NeXT-Video-7B-hf" }
local servers = { kimi = 1, openai = 1, gemini = 1, openrouter = 1, ollama = 1, lmstudio = 1, vllm = 1, llamacpp = 1 }

local ds = Dataset.open(given.input)
local cap
if given.endpoint or servers[given.captioner_type] then
    cap = Captioner.api{ preset = servers[given.captioner_type] and given.captioner_type, endpoint = given.endpoint, model = given.model }
else
    local model = names[given.captioner_type] or given.captioner_type
    cap = Captioner.load{ model = fs.exists("models/" .. model) and "models/" .. model or model, device = given.device,
        quantization = given.use_8bit and "int8-quanto" or nil }
end
local result = cap:caption(ds, {
    prompt = given.instruction, fps = given.fps, trigger = given.trigger, override = given.override, clean = not given.no_clean_caption,
})
if given.output then ds:save(given.output) end
print(("%d captions written, %d left alone, %d failed"):format(result.written, result.skipped, #result.failed))
