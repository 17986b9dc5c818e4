---@meta
-- Generated from the bindings by `ltxsh --write-docs docs`; do not edit.

---An ordered list of clips with captions, kept in one metadata file; or a view of one.
---@class Dataset
---@field path string The folder or file that was opened, absolute.
---@field trigger string? The word that preprocessing puts before captions; nil goes back to the project's name.
---@field project string? The project's name; nil outside train_date.
---@field metadata string The file that holds the captions.
---@field locked_by string? Why the dataset cannot be edited now; nil when it can.
---@field [integer] Clip
---@field [string] Clip
Dataset = {}

---Opens a project, a folder of media, a metadata file (json, jsonl, csv, txt) or one media file.
---@param path string such as "train_date/APT": its name becomes the trigger word
---@return Dataset
function Dataset.open(path) end

---The clips from one place to another; negative places count from the end.
---@param first integer place of the first clip
---@param last? integer place of the last clip
---@return Dataset
function Dataset:slice(first, last) end

---The clips that a function says true for.
---@param test fun(clip: Clip): boolean called with each clip
---@return Dataset
function Dataset:filter(test) end

---The clips in another order: by a field, or by a function that says whether a comes before b.
---@param by "name"|"path"|"caption"|"duration"|"frames"|"fps"|"width"|"height"|"bytes"|"codec"|"excluded"|"motion"|"sharpness"|"brightness"|"repeated"|"still"|"sound"|fun(a: Clip, b: Clip): boolean field or function
---@param options? {reverse?: boolean}
---@return Dataset
---@overload fun(self: Dataset, options: {by: "name"|"path"|"caption"|"duration"|"frames"|"fps"|"width"|"height"|"bytes"|"codec"|"excluded"|"motion"|"sharpness"|"brightness"|"repeated"|"still"|"sound"|fun(a: Clip, b: Clip): boolean, reverse?: boolean}): Dataset
function Dataset:sorted(by, options) end

---The clips by what they are like, most first: measured once, and kept beside the dataset.
---@param by "motion"|"sharpness"|"brightness"|"repeated"|"still"|"sound" what to go by
---@param options? {reverse?: boolean, strict?: boolean, progress?: boolean}
---@return Dataset
---@overload fun(self: Dataset, options: {by: "motion"|"sharpness"|"brightness"|"repeated"|"still"|"sound", reverse?: boolean, strict?: boolean, progress?: boolean}): Dataset
function Dataset:rank(by, options) end

---Pairs of clips that show nearly the same, also at another size or as a part of the other; the most alike first.
---@param options? {bits?: number, strict?: boolean, progress?: boolean}
---@return RecordList
function Dataset:duplicates(options) end

---The clips in an order that the seed decides.
---@param seed? integer any number
---@return Dataset
function Dataset:shuffled(seed) end

---The clips with a caption.
---@return Dataset
function Dataset:captioned() end

---The clips without a caption.
---@return Dataset
function Dataset:uncaptioned() end

---The clips whose caption or name matches a Lua pattern.
---@param pattern string as in string.find
---@return Dataset
function Dataset:find(pattern) end

---Replaces what a Lua pattern matches in every caption; returns how many captions changed.
---@param pattern string as in string.gsub
---@param replacement any a string (%1), table or function
---@return integer
function Dataset:replace(pattern, replacement) end

---Puts a text before every caption that does not begin with it; returns how many changed.
---@param text string with its own space at the end
---@return integer
function Dataset:prefix(text) end

---Puts a text after every caption that does not end with it; returns how many changed.
---@param text string with its own space in front
---@return integer
function Dataset:suffix(text) end

---Opens one caption, or all of them as one text, in $VISUAL or $EDITOR; returns how many changed.
---@param i? integer place of the clip
---@return integer
function Dataset:edit(i) end

---Takes the last step back: an edit, all edits of one input line, a new cut. Returns what it was and what there is now, nil when there is nothing.
---@param options? {progress?: boolean}
---@return string?
function Dataset:undo(options) end

---Makes the last undone step again; returns what it was, nil when there is none.
---@param options? {progress?: boolean}
---@return string?
function Dataset:redo(options) end

---Adds a media file of the dataset's folder at the end; returns its clip.
---@param path string the file
---@param options? {caption?: string}
---@return Clip
---@overload fun(self: Dataset, options: {path: string, caption?: string}): Clip
function Dataset:add(path, options) end

---Takes a clip out of the dataset; the media file stays.
---@param i integer place of the clip
function Dataset:remove(i) end

---Writes the metadata; to another file, the clips of the dataset or view, as json, jsonl, csv or txt by its extension.
---@param path? string another file; without one a view saves its dataset
function Dataset:save(path) end

---Saves, and lets another shell edit the dataset.
function Dataset:close() end

---Cuts every video into scenes in <path>/scenes and returns their dataset; what was split before is skipped.
---@param options? {detector?: "content"|"adaptive"|"threshold"|"histogram"|"hash", threshold?: number, adaptive_threshold?: number, min_scene_len?: number|string, weights?: number[], luma_only?: boolean, window_width?: integer, min_content_val?: number, fade_bias?: number, method?: "floor"|"ceiling", add_final_scene?: boolean, filter_mode?: "merge"|"suppress", filter_shorter_than?: number|string, max_scenes?: integer, start?: number|string, stop?: number|string, ["end"]?: number|string, duration?: number|string, strict?: boolean, downscale?: number, frame_skip?: integer, bins?: integer, kernel_size?: integer, size?: integer, hash_size?: integer, lowpass?: integer, fast?: boolean, output?: string, copy?: boolean, crf?: integer, preset?: "ultrafast"|"superfast"|"veryfast"|"faster"|"fast"|"medium"|"slow"|"slower"|"veryslow"|"placebo", force?: boolean, images_per_scene?: integer, stats_csv?: boolean, preview?: boolean, progress?: boolean}
---@return Dataset
function Dataset:split(options) end

---Scores every video without cutting: scan[1].cuts, scan[1].times, scan[1].scores.
---@param options? {detector?: "content"|"adaptive"|"threshold"|"histogram"|"hash", threshold?: number, adaptive_threshold?: number, min_scene_len?: number|string, weights?: number[], luma_only?: boolean, window_width?: integer, min_content_val?: number, fade_bias?: number, method?: "floor"|"ceiling", add_final_scene?: boolean, filter_mode?: "merge"|"suppress", filter_shorter_than?: number|string, max_scenes?: integer, start?: number|string, stop?: number|string, ["end"]?: number|string, duration?: number|string, strict?: boolean, downscale?: number, frame_skip?: integer, bins?: integer, kernel_size?: integer, size?: integer, hash_size?: integer, lowpass?: integer, fast?: boolean, progress?: boolean}
---@return Scan
function Dataset:scan(options) end

---Everything that would go wrong later: missing, unreadable, damaged, short, uncaptioned, doubled, unsafe names.
---@param options? {frames?: integer, decode?: boolean, progress?: boolean}
---@return RecordList
function Dataset:check(options) end

---Repairs what is safe to repair, and lists it first; without options it only lists. Never deletes media.
---@param options? {orphans?: boolean, names?: boolean, duplicates?: boolean, progress?: boolean}
---@return RecordList
function Dataset:fix(options) end

---Counts, durations, sizes, rates, caption lengths, and the buckets that would fit; with a size, how many clips pre:run would make of each.
---@param options? {size?: string|{width: integer, height: integer, frames?: integer}|string[], frames?: "first"|"uniform"|"chunks"|"sliding"|"full", lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", strict?: boolean, progress?: boolean}
---@return DatasetStats
function Dataset:stats(options) end

---One picture of the whole dataset: written into a file, whose path it returns, or drawn in the terminal.
---@param path? string a .png or .jpg; nil for the terminal
---@param options? {columns?: integer, frames?: integer, strict?: boolean, progress?: boolean}
---@return string?
---@overload fun(self: Dataset, options: {path?: string, columns?: integer, frames?: integer, strict?: boolean, progress?: boolean}): string?
function Dataset:contact_sheet(path, options) end

---Writes a page with each clip playable beside its caption and problems; returns its path.
---@param path string a .html
---@param options? {strict?: boolean, progress?: boolean}
---@return string
---@overload fun(self: Dataset, options: {path: string, strict?: boolean, progress?: boolean}): string
function Dataset:report(path, options) end

---Every clip scaled to cover a size and cropped in the middle; returns the dataset of these results. Results of clips that are gone leave the list of the folder, captions edited there are kept in its set_aside.
---@param options? {size: string|{width: integer, height: integer, frames?: integer}, output: string, crop?: "none"|"bars", force?: boolean, strict?: boolean, progress?: boolean}
---@return Dataset
function Dataset:resize(options) end

---Frames of every clip as <output>/<clip>/frame_0001.png; returns how many, and the folder.
---@param options? {output: string, every?: integer, force?: boolean, strict?: boolean, progress?: boolean}
---@return any
function Dataset:extract_frames(options) end

---Makes the paired reference videos of IC-LoRA and notes them; returns how many were made.
---@param options? {kind?: "canny"|fun(frame: Frame): Frame, output?: string, force?: boolean, strict?: boolean, progress?: boolean}
---@return integer
function Dataset:references(options) end

---One video or image of a dataset, with its caption.
---@class Clip
---@field path string Where the file is, absolute.
---@field name string The file's name.
---@field caption string? What the clip shows. Assigning is on the disk when it returns.
---@field author string? Who wrote the caption: person, a model's name, or nil for one that came with the metadata.
---@field reference string? Where the paired reference video of IC-LoRA is; can be set to a path in the dataset's folder.
---@field excluded boolean Stays in the dataset, but preprocessing leaves it out.
---@field width integer Pixels, upright.
---@field height integer Pixels, upright.
---@field fps number Frames a second on average; 1 for an image.
---@field frames integer? How many frames the container says there are; nil where nothing tells.
---@field duration number Seconds; 0 for an image, and where nothing tells.
---@field codec string Such as "h264".
---@field rotation integer Degrees clockwise that the stored picture is turned by: 0, 90, 180, 270.
---@field is_image boolean True for a picture, false for a video.
---@field bytes integer? Size of the file; nil when it is missing.
---@field motion number Mean change of a pixel from frame to frame, 0 to 255.
---@field sharpness number Variance of the Laplacian; some tens and less are blurred or empty.
---@field brightness number Mean of all pixels, 0 black to 255 white.
---@field bars {left: integer, top: integer, width: integer, height: integer}? The picture inside black bars: {left, top, width, height} in pixels; nil without bars.
---@field repeated integer Frames that are the one before once more.
---@field still number Seconds of the longest stretch in which nothing moves.
---@field sound number? Loudness in dB of full scale; nil without a sound track.
---@field flags string[] What is worth a look: missing, unreadable, encrypted, no caption, unreadable caption, excluded, outdated (preprocessed otherwise), vfr, rotated, hdr, interlaced; when measured bars, still.
local Clip = {}

---Edits the caption in the line, at a terminal; returns whether it changed.
---@return boolean
function Clip:edit() end

---One picture of the clip: a Frame, or with a path a .png or .jpg, whose path is returned.
---@param t number|string when: seconds, "00:01:02.5" or a frame "36f", from 0
---@param path? string the file
---@return Frame|string
function Clip:frame(t, path) end

---Draws a picture of the clip in the terminal: the middle one, the one at a time, or several side by side.
---@param t? number|string when
---@param options? {frames?: integer}
---@overload fun(self: Clip, options: {t?: number|string, frames?: integer})
function Clip:preview(t, options) end

---The picture in the middle of the clip.
---@param options? {width?: integer}
---@return Frame
function Clip:thumbnail(options) end

---Scene scores of a dataset's videos; scan[i] has the cuts of one video.
---@class Scan
---@field [integer] table
local Scan = {}

---The same scores cut otherwise, without decoding again.
---@param options? {detector?: "content"|"adaptive"|"threshold"|"histogram"|"hash", threshold?: number, adaptive_threshold?: number, min_scene_len?: number|string, weights?: number[], luma_only?: boolean, window_width?: integer, min_content_val?: number, fade_bias?: number, method?: "floor"|"ceiling", add_final_scene?: boolean, filter_mode?: "merge"|"suppress", filter_shorter_than?: number|string, max_scenes?: integer}
---@return Scan
function Scan:cuts(options) end

---Draws the scores with the cuts.
---@param i? integer which video
---@return ScanPlot
function Scan:plot(i) end

---Scene scores as a curve with the cuts marked.
---@class ScanPlot
local ScanPlot = {}

---Writes it as a picture.
---@param path string a .png or .jpg
function ScanPlot:save(path) end

---One picture: RGB or grey, 8 bits a sample.
---@class Frame
---@field width integer Pixels.
---@field height integer Pixels.
---@field channels integer 3 for RGB, 1 for grey.
---@field time number Seconds from the start of its video.
---@field pixels string Its bytes row by row: a string of width * height * channels.
local Frame = {}

---The picture without colour.
---@return Frame
function Frame:grey() end

---White edges on black (Canny).
---@param options? {low?: integer, high?: integer}
---@return Frame
function Frame:edges(options) end

---The picture at another size.
---@param width integer pixels
---@param height integer pixels
---@return Frame
function Frame:resized(width, height) end

---A picture of the same size with other bytes.
---@param pixels string width * height * channels bytes
---@return Frame
function Frame:with(pixels) end

---Writes it as .png or .jpg; returns its path.
---@param path string the file
---@return string
function Frame:save(path) end

---Draws it in the terminal.
function Frame:show() end

---A list of records that prints as a table; list[i] is a Lua table.
---@class RecordList
---@field [integer] table
local RecordList = {}

---Counts, durations, sizes, rates and caption lengths of a dataset, and the buckets that would fit.
---@class DatasetStats
---@field clips integer How many clips.
---@field captioned integer Clips with a caption.
---@field excluded integer Clips that preprocessing leaves out.
---@field missing integer Clips whose file is not there.
---@field unreadable integer Clips whose file cannot be read.
---@field duration number Seconds of all clips together.
---@field bytes integer Bytes of all files together.
---@field durations {min: number, median: number, max: number}? Seconds a clip: {min, median, max}.
---@field frames {min: number, median: number, max: number}? Frames a clip: {min, median, max}.
---@field words {min: number, median: number, max: number}? Words a caption: {min, median, max}.
---@field sizes RecordList Picture sizes, most frequent first.
---@field fps RecordList Frame rates, most frequent first.
---@field buckets RecordList Training sizes that fit, for how many clips, and the share cut off.
---@field plan RecordList Of the sizes that were asked about: how many clips preprocessing would make of each.
---@field too_short integer Videos that are too short for all of these sizes.
local DatasetStats = {}

---A training configuration: the YAML schema of the reference trainer, checked as it is read and changed.
---@class Config
---@field model Config.model Which model is trained, and how much of it.
---@field lora Config.lora The low-rank adapters; null only for full fine-tuning.
---@field conditioning Config.conditioning What the model is given besides the text.
---@field optimization Config.optimization Optimizer, schedule and length of the run.
---@field acceleration Config.acceleration Number formats and memory savings.
---@field data Config.data Where the preprocessed clips are.
---@field validation Config.validation The videos that are sampled while training.
---@field checkpoints Config.checkpoints When the weights are saved.
---@field flow_matching Config.flow_matching How noise levels are drawn.
---@field hub Config.hub Publishing on the Hugging Face Hub.
---@field wandb Config.wandb Weights & Biases; read and kept, not used here.
---@field seed integer Seed of everything random in the training.
---@field output_dir string Folder of checkpoints, samples and logs.
Config = {}

---Reads a YAML file; unknown keys and wrong values are errors with line and column.
---@param path string a .yaml file
---@return Config
function Config.load(path) end

---Reads a template of configs/ by its name and fills its places.
---@param name string such as "ltxv_2b_lora_template", or a path
---@param values? table what goes into the places
---@return Config
function Config.template(name, values) end

---The defaults; data.preprocessed_data_root is left to set.
---@return Config
function Config.default() end

---A copy in which some keys have other values.
---@param changes? Config.changes sections of keys
---@return Config
function Config:copy(changes) end

---Sets a key by its dotted path.
---@param key string such as "lora.rank"
---@param value? any the new value; nil is YAML's null
function Config:set(key, value) end

---What differs from another configuration.
---@param other Config the other one
---@return table[]
function Config:diff(other) end

---True when its values can be trained with; else false and the list of what is wrong. The model and the data are looked for when a run begins.
---@return boolean
---@return string[]?
function Config:validate() end

---Writes it as YAML, whole or not at all.
---@param path string a .yaml file
function Config:save(path) end

---A section of a configuration; its keys are read and assigned by name. Lists are assigned as a whole.
---@class ConfigSection
---@field [string] any
local ConfigSection = {}

---Describes clips: a model in memory, or a server that speaks OpenAI's format.
---@class Captioner
---@field title string The model and where it is.
Captioner = {}

---Loads a vision-language model out of a Hugging Face folder: LLaVA-NeXT-Video, Qwen2.5-VL or Qwen3-VL.
---@param options? {model: string, device?: string, dtype?: string, quantization?: "no_change"|"int8-quanto"|"int4-quanto"|"int2-quanto"|"fp8-quanto"|"fp8uz-quanto", batch?: integer, compat?: "4.52"|"5"}
---@return Captioner
function Captioner.load(options) end

---A server with a vision model behind OpenAI's chat completions. Asks nothing yet.
---@param options? {preset?: "kimi"|"openai"|"gemini"|"openrouter"|"ollama"|"lmstudio"|"vllm"|"llamacpp", endpoint?: string, model?: string, key_env?: string, key_file?: string, frames?: integer, size?: integer, send?: "frames"|"clip"|"grid", concurrency?: integer, timeout?: number, retries?: integer, insecure?: boolean, price?: {input: number, output: number}}
---@return Captioner
function Captioner.api(options) end

---KIMI (Moonshot), with the key in MOONSHOT_API_KEY, KIMI_API_KEY or the file api_key.txt.
---@param options? {region?: "cn"|"ai", endpoint?: string, model?: string, key_env?: string, key_file?: string, frames?: integer, size?: integer, send?: "frames"|"clip"|"grid", concurrency?: integer, timeout?: number, retries?: integer, insecure?: boolean, price?: {input: number, output: number}}
---@return Captioner
function Captioner.kimi(options) end

---Captions what has no caption, each kept as it comes; Ctrl-C keeps what is done. With dry it only says what it would take. Returns {written, skipped, failed, suspect, usage}.
---@param clips Dataset|Clip a dataset, a view of one, or one clip
---@param options? {prompt?: string|fun(clip: Clip): string?, override?: boolean, edited?: boolean, image_prompt?: string, trigger?: string, avoid?: string[], must?: string[], refine?: string, fps?: number, max_new_tokens?: integer, temperature?: number, clean?: boolean, keep_suspect?: boolean, dry?: boolean, progress?: boolean}
---@return table
---@overload fun(self: Captioner, options: {clips: Dataset|Clip, prompt?: string|fun(clip: Clip): string?, override?: boolean, edited?: boolean, image_prompt?: string, trigger?: string, avoid?: string[], must?: string[], refine?: string, fps?: number, max_new_tokens?: integer, temperature?: number, clean?: boolean, keep_suspect?: boolean, dry?: boolean, progress?: boolean}): table
function Captioner:caption(clips, options) end

---Captions in the background: the prompt, and the other captions, stay yours.
---@param clips Dataset|Clip a dataset, a view of one, or one clip
---@param options? {prompt?: string|fun(clip: Clip): string?, override?: boolean, edited?: boolean, image_prompt?: string, trigger?: string, avoid?: string[], must?: string[], refine?: string, fps?: number, max_new_tokens?: integer, temperature?: number, clean?: boolean, keep_suspect?: boolean}
---@return CaptionRun
---@overload fun(self: Captioner, options: {clips: Dataset|Clip, prompt?: string|fun(clip: Clip): string?, override?: boolean, edited?: boolean, image_prompt?: string, trigger?: string, avoid?: string[], must?: string[], refine?: string, fps?: number, max_new_tokens?: integer, temperature?: number, clean?: boolean, keep_suspect?: boolean}): CaptionRun
function Captioner:start(clips, options) end

---Asks about one clip; changes nothing.
---@param clip Clip|string a clip, or the path of a video or image
---@param question string what to ask
---@param options? {fps?: number, max_new_tokens?: integer, temperature?: number, progress?: boolean}
---@return string
---@overload fun(self: Captioner, options: {clip: Clip|string, question: string, fps?: number, max_new_tokens?: integer, temperature?: number, progress?: boolean}): string
function Captioner:ask(clip, question, options) end

---Shows the model a picture of two colours and asks for them: proves that it sees, and what a question takes.
---@param options? {progress?: boolean}
---@return table
function Captioner:check(options) end

---Forgets the model in memory; the next question loads it again. Returns what went.
---@return string[]
function Captioner:unload() end

---Captioning that goes on: where it is, and what came of it.
---@class CaptionRun
---@field number integer 1, 2, … in this session.
---@field state string queued, running, finished, stopped or failed.
---@field done integer Clips dealt with.
---@field clips integer Clips that it is about.
---@field result table {written, skipped, failed, suspect, usage} so far.
---@field error string? Why it ended before its end; nil otherwise.
local CaptionRun = {}

---Ends it; every caption that is there stays. Returns at once.
function CaptionRun:stop() end

---Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.
---@param seconds? number how long to wait at most
---@param options? {progress?: boolean}
---@return boolean
---@overload fun(self: CaptionRun, options: {seconds?: number, progress?: boolean}): boolean
function CaptionRun:wait(seconds, options) end

---Preprocessing that goes on: where it is, and what it has made.
---@class PreprocessingRun
---@field number integer 1, 2, … in this session.
---@field state string queued, running, finished, stopped or failed.
---@field path string The folder that it writes.
---@field result Precomputed? The preprocessed clips, once it is finished.
---@field error string? Why it ended before its end; nil otherwise.
local PreprocessingRun = {}

---Ends it; everything that is done stays. Returns at once.
function PreprocessingRun:stop() end

---Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.
---@param seconds? number how long to wait at most
---@param options? {progress?: boolean}
---@return boolean
---@overload fun(self: PreprocessingRun, options: {seconds?: number, progress?: boolean}): boolean
function PreprocessingRun:wait(seconds, options) end

---The video VAE and the text encoder in memory: turns clips and captions into what training reads.
---@class Preprocessor
---@field model string The model's folder.
Preprocessor = {}

---Loads the VAE and the text encoder of a model.
---@param options? {model: string, text_encoder?: string, tokenizer?: string, device?: string, dtype?: string, vae_tiling?: boolean, vae_framewise?: boolean, text_encoder_8bit?: boolean, quantization?: "no_change"|"int8-quanto"|"int4-quanto"|"int2-quanto"|"fp8-quanto"|"fp8uz-quanto"}
---@return Preprocessor
function Preprocessor.load(options) end

---Opens what was preprocessed earlier, here or by the upstream trainer.
---@param path string a dataset's folder, or its .precomputed
---@return Precomputed
function Preprocessor.open(path) end

---The named sizes, with the label of their shape, and numbers of frames that go with them.
---@return RecordList
function Preprocessor.sizes() end

---Encodes what is new or changed and returns the preprocessed clips. Of several sizes each clip gets the one that loses least of it. What was made of clips that the dataset no longer has or excludes, or of other pictures of them, goes to 'stale' in the folder; a view leaves the dataset's other clips there.
---@param ds Dataset clips with captions
---@param options? {size: string|{width: integer, height: integer, frames?: integer}|string[], frames?: "first"|"uniform"|"chunks"|"sliding"|"full", lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", trigger?: string, output?: string, batch_size?: integer, force?: boolean, decode?: boolean, references?: boolean, uncaptioned?: boolean, strict?: boolean, progress?: boolean}
---@return Precomputed
---@overload fun(self: Preprocessor, options: {ds: Dataset, size: string|{width: integer, height: integer, frames?: integer}|string[], frames?: "first"|"uniform"|"chunks"|"sliding"|"full", lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", trigger?: string, output?: string, batch_size?: integer, force?: boolean, decode?: boolean, references?: boolean, uncaptioned?: boolean, strict?: boolean, progress?: boolean}): Precomputed
function Preprocessor:run(ds, options) end

---The same in the background: the prompt stays yours.
---@param ds Dataset clips with captions
---@param options? {size: string|{width: integer, height: integer, frames?: integer}|string[], frames?: "first"|"uniform"|"chunks"|"sliding"|"full", lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", trigger?: string, output?: string, batch_size?: integer, force?: boolean, decode?: boolean, references?: boolean, uncaptioned?: boolean, strict?: boolean}
---@return PreprocessingRun
---@overload fun(self: Preprocessor, options: {ds: Dataset, size: string|{width: integer, height: integer, frames?: integer}|string[], frames?: "first"|"uniform"|"chunks"|"sliding"|"full", lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", trigger?: string, output?: string, batch_size?: integer, force?: boolean, decode?: boolean, references?: boolean, uncaptioned?: boolean, strict?: boolean}): PreprocessingRun
function Preprocessor:start(ds, options) end

---Decodes stored latents to a video (a picture for one frame).
---@param pc Precomputed preprocessed clips
---@param i integer which clip
---@param path string an .mp4 or .png
function Preprocessor:decode(pc, i, path) end

---The embedding of a text as training uses it: {tokens, width, mean, norm}.
---@param text string a caption
---@return table
function Preprocessor:encode_text(text) end

---Preprocessed clips: latents and caption embeddings on the disk.
---@class Precomputed
---@field path string The folder.
---@field [integer] table
local Precomputed = {}

---How many clips there are of each size, and their frame rates.
---@return table
function Precomputed:stats() end

---Problems, one sentence each: latents without a caption embedding, clips that are not the dataset's, captions, triggers and files that are others now than when they were preprocessed, files that cannot be read.
---@param options? {model?: string}
---@return string[]
function Precomputed:check(options) end

---A base model in memory: trains LoRAs on it and samples from it, again and again without loading it anew.
---@class Trainer
---@field model string The model's folder.
---@field device string Where it is.
---@field dtype string Its number format.
---@field quantization string? What the frozen weights of its blocks are kept in; nil as dtype says.
Trainer = {}

---Loads the base model that a configuration or a table of options names.
---@param source Config|{model: string, device?: string, dtype?: string, text_encoder?: string, tokenizer?: string, quantization?: string, load_text_encoder_in_8bit?: boolean, blocks_to_offload?: integer|string} a Config, or { model = …, device = …, dtype = …, quantization = … }
---@return Trainer
function Trainer.load(source) end

---A table of the runs of this session: what differs between them, and how they do.
---@return RecordList
function Trainer.compare() end

---What a configuration would take, before anything is loaded: memory part by part, time, and what would make it fit.
---@param cfg Config what is to be trained
---@param options? {gpu_memory?: string, tflops?: number, size?: string|{width: integer, height: integer, frames?: integer}, ranks?: integer, link?: number}
---@return Plan
---@overload fun(options: {cfg: Config, gpu_memory?: string, tflops?: number, size?: string|{width: integer, height: integer, frames?: integer}, ranks?: integer, link?: number}): Plan
function Trainer.plan(cfg, options) end

---Trains in the foreground and returns the run. Ctrl-C stops it after its step and saves.
---@param cfg Config what to train
---@param options? {on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?, progress?: boolean, strict?: boolean, refresh?: boolean}
---@return Run
---@overload fun(self: Trainer, options: {cfg: Config, on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?, progress?: boolean, strict?: boolean, refresh?: boolean}): Run
function Trainer:train(cfg, options) end

---Trains in the background: the prompt stays yours.
---@param cfg Config what to train
---@param options? {on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?, strict?: boolean, refresh?: boolean}
---@return Run
---@overload fun(self: Trainer, options: {cfg: Config, on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?, strict?: boolean, refresh?: boolean}): Run
function Trainer:start(cfg, options) end

---Trains a run for each combination of values, one after the other on the model in memory. Returns a table that compares them.
---@param cfg Config what is the same for all
---@param values table lists of values by dotted key
---@param options? {progress?: boolean}
---@return RecordList
---@overload fun(self: Trainer, options: {cfg: Config, values: table, progress?: boolean}): RecordList
function Trainer:sweep(cfg, values, options) end

---The same for the model in memory and its device.
---@param cfg Config what is to be trained
---@param options? {gpu_memory?: string, tflops?: number, size?: string|{width: integer, height: integer, frames?: integer}, ranks?: integer, link?: number}
---@return Plan
---@overload fun(self: Trainer, options: {cfg: Config, gpu_memory?: string, tflops?: number, size?: string|{width: integer, height: integer, frames?: integer}, ranks?: integer, link?: number}): Plan
function Trainer:plan(cfg, options) end

---Goes on in the background with the run of an output folder, as if it had never stopped; a Config changes rate, steps, intervals and the like.
---@param dir string an output folder
---@param cfg? Config other settings than it had
---@param options? {on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?}
---@return Run
---@overload fun(self: Trainer, options: {dir: string, cfg?: Config, on_step?: fun(step: table, run: Run): boolean?, on_checkpoint?: fun(path: string, run: Run): boolean?, on_validation?: fun(paths: string[], run: Run): boolean?}): Run
function Trainer:resume(dir, cfg, options) end

---Forgets a part of the model, or all of it. Returns what went.
---@param part? "all"|"transformer"|"vae"|"text_encoder" which part
---@return string[]
function Trainer:unload(part) end

---Generates a video, with or without a LoRA, and returns its path.
---@param prompt string what to show
---@param options? {size?: string|{width: integer, height: integer, frames?: integer}, output?: string, negative?: string, seed?: integer, strength?: number, image?: string, reference?: string, fps?: number, preset?: "trainer"|"published", steps?: integer, timesteps?: number[], schedule?: "model"|"linear_quadratic"|"uniform", stochastic?: boolean, decode_timestep?: number, decode_noise?: number, guidance?: number|number[], stg_scale?: number|number[], stg_blocks?: integer[]|integer[][], stg_mode?: "attention_values"|"attention_skip"|"transformer_block", rescale?: number|number[], guidance_timesteps?: number[], cfg_star?: boolean, lora?: string|Run, preview?: boolean, progress?: boolean}
---@return string
---@overload fun(self: Trainer, options: {prompt: string, size?: string|{width: integer, height: integer, frames?: integer}, output?: string, negative?: string, seed?: integer, strength?: number, image?: string, reference?: string, fps?: number, preset?: "trainer"|"published", steps?: integer, timesteps?: number[], schedule?: "model"|"linear_quadratic"|"uniform", stochastic?: boolean, decode_timestep?: number, decode_noise?: number, guidance?: number|number[], stg_scale?: number|number[], stg_blocks?: integer[]|integer[][], stg_mode?: "attention_values"|"attention_skip"|"transformer_block", rescale?: number|number[], guidance_timesteps?: number[], cfg_star?: boolean, lora?: string|Run, preview?: boolean, progress?: boolean}): string
function Trainer:sample(prompt, options) end

---One training run: where it is, and how to steer it.
---@class Run
---@field number integer 1, 2, … in this session.
---@field state string queued, running, paused, finished, stopped or failed.
---@field step integer Updates done.
---@field steps integer Updates asked for.
---@field loss number? The loss of the last update; nil before the first.
---@field lr number? The learning rate of the last update; nil before the first.
---@field eta number? Seconds that the rest will take; nil before the first update and after the end.
---@field history table[] One {step, loss, smooth_loss, lr, grad_norm, seconds, samples_per_second, memory, levels} an update, with held_out_loss where it was measured; memory in bytes, levels are the losses by noise level, {sigma, loss}.
---@field held_out table[] One {step, loss, levels, seconds} a measurement of the loss over the clips held out; levels are {sigma, loss} at fixed noise levels.
---@field checkpoints string[] Paths of the saved files, oldest first.
---@field samples string[] Paths of the videos made so far, those of the first step first.
---@field output_dir string Where its files are.
---@field error string? Why it failed; nil otherwise.
local Run = {}

---Holds the run after its current update.
function Run:pause() end

---Lets a paused run go on.
function Run:resume() end

---Stops the run after its current update and saves; returns at once.
function Run:stop() end

---Waits until the run is over, showing how it goes; false when the seconds passed or Ctrl-C came first.
---@param seconds? number how long to wait at most
---@param options? {progress?: boolean}
---@return boolean
---@overload fun(self: Run, options: {seconds?: number, progress?: boolean}): boolean
function Run:wait(seconds, options) end

---Draws the loss over the steps in the terminal, or as a picture into a file.
---@param path? string a .png or .jpg
---@return string?
function Run:plot(path) end

---Writes a page that needs no network: curves, videos side by side over the steps, data and configuration. Returns its path.
---@param path? string an .html file; report.html in its folder when left out
---@param options? {progress?: boolean}
---@return string
---@overload fun(self: Run, options: {path?: string, progress?: boolean}): string
function Run:report(path, options) end

---Changes what may change while it runs, from the next update on.
---@param options? {learning_rate?: number, steps?: integer, weight_decay?: number, max_grad_norm?: number, dropout?: number, accumulation?: integer, checkpoint_interval?: integer, checkpoint_minutes?: number, validation_interval?: integer, prompts?: string[], negative_prompt?: string, inference_steps?: integer, guidance_scale?: number, keep_last_n?: integer}
function Run:set(options) end

---Saves a checkpoint after the current update.
function Run:save() end

---Makes a video with the LoRA as it is now, after the current update or while the run is paused; waits for it and returns its path.
---@param prompt string what to show
---@param options? {size?: string|{width: integer, height: integer, frames?: integer}, output?: string, negative?: string, seed?: integer, strength?: number, image?: string, reference?: string, fps?: number, preset?: "trainer"|"published", steps?: integer, timesteps?: number[], schedule?: "model"|"linear_quadratic"|"uniform", stochastic?: boolean, decode_timestep?: number, decode_noise?: number, guidance?: number|number[], stg_scale?: number|number[], stg_blocks?: integer[]|integer[][], stg_mode?: "attention_values"|"attention_skip"|"transformer_block", rescale?: number|number[], guidance_timesteps?: number[], cfg_star?: boolean, progress?: boolean}
---@return string
---@overload fun(self: Run, options: {prompt: string, size?: string|{width: integer, height: integer, frames?: integer}, output?: string, negative?: string, seed?: integer, strength?: number, image?: string, reference?: string, fps?: number, preset?: "trainer"|"published", steps?: integer, timesteps?: number[], schedule?: "model"|"linear_quadratic"|"uniform", stochastic?: boolean, decode_timestep?: number, decode_noise?: number, guidance?: number|number[], stg_scale?: number|number[], stg_blocks?: integer[]|integer[][], stg_mode?: "attention_values"|"attention_skip"|"transformer_block", rescale?: number|number[], guidance_timesteps?: number[], cfg_star?: boolean, progress?: boolean}): string
function Run:sample(prompt, options) end

---A new run that goes on from where this one is now, with other settings and in a folder of its own.
---@param options? {learning_rate?: number, steps?: integer, weight_decay?: number, max_grad_norm?: number, dropout?: number, accumulation?: integer, checkpoint_interval?: integer, checkpoint_minutes?: number, validation_interval?: integer, prompts?: string[], negative_prompt?: string, inference_steps?: integer, guidance_scale?: number, keep_last_n?: integer, output?: string}
---@return Run
function Run:fork(options) end

---What a training would take, and what would make it fit.
---@class Plan
---@field total integer Bytes on the device at the worst moment of an update.
---@field parts table[] {name, bytes, setting} of each part of it.
---@field host_memory integer Bytes of blocks that lie in host memory.
---@field validation integer? Bytes on the device when prompts are encoded; nil when none are.
---@field room integer? Bytes that the device has for it; nil when not known.
---@field fits boolean? Whether it fits; nil when the room is not known.
---@field seconds number? An update at the speed of the device; nil when that is not known.
---@field operations number Floating-point operations of an update.
---@field ranks table? With several ranks {count, bytes, buffer, traffic, seconds, efficiency}: bytes of gradients that are summed, of copies that takes, and that go out of each rank in an update; what that takes, and how much of the ranks' speed is left at least: most of it is done while others are computed; nil for one.
---@field tokens integer Tokens of the largest clips.
---@field size string Pixels and frames of the largest clips.
---@field choices table[] What would fit: {total, seconds, size, changes, config} each; empty when it fits.
---@field config Config? The Config that fits: the first choice, or what was asked for; nil when none does.
local Plan = {}

---A model on its way to the disk: where it is, and what came of it.
---@class Download
---@field number integer 1, 2, … in this session.
---@field state string queued, running, finished, stopped or failed.
---@field path string? Where the model is; nil before it is there.
---@field plan table? {repo, commit, path, files, bytes, to_fetch, free}; nil before it is known.
---@field error string? Why it failed; nil otherwise.
local Download = {}

---Ends it; what has come so far is kept. Returns at once.
function Download:stop() end

---Waits until it is over, showing how it goes; false when the seconds passed or Ctrl-C came first.
---@param seconds? number how long to wait at most
---@param options? {progress?: boolean}
---@return boolean
---@overload fun(self: Download, options: {seconds?: number, progress?: boolean}): boolean
function Download:wait(seconds, options) end

---The models on the disk and in memory.
---@class Models
Models = {}

---Makes a tiny random model in the real layout, to learn and to test with. Does nothing when it is there.
---@param path string the new folder
---@return string
function Models.make_tiny(path) end

---The folder of a model by name, version name or path.
---@param name string such as "LTXV_2B_0.9.5"
---@return string
function Models.path(name) end

---Whether a model is whole: {complete, problems, files, bytes}. Reads names, sizes and headers; with sha256 all of it, held against what was published ({verified = N} files).
---@param path string a model folder, one part of it, or a single-file checkpoint
---@param options? {sha256?: boolean, progress?: boolean}
---@return table
---@overload fun(options: {path: string, sha256?: boolean, progress?: boolean}): table
function Models.check(path, options) end

---The published models with size, purpose and where they are here, and the other models under models/.
---@return table[]
function Models.list() end

---Fetches a model and returns where it is: goes on where an earlier call stopped, and holds every file against its sum. Ctrl-C keeps what has come. With dry_run it fetches nothing and returns {repo, commit, path, files, bytes, to_fetch, free}.
---@param name string a name of Models.list(), or a repository: OWNER/NAME
---@param options? {endpoint?: string, revision?: string, files?: string[], output?: string, source?: "auto"|"hub"|"modelscope", workers?: integer, dry_run?: boolean, progress?: boolean}
---@return string|table
---@overload fun(options: {name: string, endpoint?: string, revision?: string, files?: string[], output?: string, source?: "auto"|"hub"|"modelscope", workers?: integer, dry_run?: boolean, progress?: boolean}): string|table
function Models.download(name, options) end

---The same in the background: returns at once.
---@param name string a name of Models.list(), or a repository: OWNER/NAME
---@param options? {endpoint?: string, revision?: string, files?: string[], output?: string, source?: "auto"|"hub"|"modelscope", workers?: integer}
---@return Download
---@overload fun(options: {name: string, endpoint?: string, revision?: string, files?: string[], output?: string, source?: "auto"|"hub"|"modelscope", workers?: integer}): Download
function Models.start_download(name, options) end

---What is in memory: {name, bytes, user, part, device, dtype, path} each.
---@return RecordList
function Models.resident() end

---What is in a LoRA file: format, rank, targets, tensors.
---@class LoRAReport
---@field path string The file that was read.
---@field format string "diffusers", "comfyui", "peft", "kohya", "bare", or "weights" for no LoRA.
---@field rank integer? The rank; nil for no LoRA.
---@field alpha number? The alpha that the file tells; nil when consumers take the rank.
---@field targets string[] Endings of the names of the modules that have an adapter.
---@field modules integer How many modules have an adapter.
---@field parameters integer Elements of all tensors.
---@field bytes integer Bytes of all tensors.
---@field dtypes string[] The element types that occur.
---@field metadata table<string, string> Texts that the writer left.
---@field tensors table[] Name, dtype and shape of every tensor.
---@field problems string[] What is wrong with it as a LoRA.
---@field learnt table[] {module, norm, rank, used, values} of each module: the size of its change, and its singular values.
---@field blocks table[] {block, norm, used, rank} of each block.
local LoRAReport = {}

---LoRA files for other programs, merged models, and what is in a LoRA.
---@class Exporter
Exporter = {}

---Writes a LoRA under ComfyUI's names; returns the path.
---@param source string|Run a .safetensors file, an output folder for its last checkpoint, or a Run
---@param destination? string a file or folder; NAME_comfy.safetensors beside the source by default
---@return string
function Exporter.comfyui(source, destination) end

---Writes a LoRA under the names of diffusers; returns the path.
---@param source string|Run a .safetensors file, a folder for its last checkpoint, or a Run
---@param destination? string a file or folder; NAME_diffusers.safetensors beside the source by default
---@return string
function Exporter.diffusers(source, destination) end

---Writes a LoRA as Kohya's scripts do, with an alpha a module; returns the path.
---@param source string|Run a .safetensors file, a folder for its last checkpoint, or a Run
---@param destination? string a file or folder; NAME_kohya.safetensors beside the source by default
---@return string
function Exporter.kohya(source, destination) end

---Writes a LoRA as peft does, a folder with adapter_model.safetensors and adapter_config.json; returns it.
---@param source string|Run a .safetensors file, a folder for its last checkpoint, or a Run
---@param destination? string a folder; NAME_peft beside the source by default
---@return string
function Exporter.peft(source, destination) end

---Every LoRA of a folder in another spelling. Returns {source, path, error} for each.
---@param folder string a folder of .safetensors files
---@param options? {format: "comfyui"|"diffusers"|"kohya"|"peft", output?: string, progress?: boolean}
---@return table[]
---@overload fun(options: {folder: string, format: "comfyui"|"diffusers"|"kohya"|"peft", output?: string, progress?: boolean}): table[]
function Exporter.batch(folder, options) end

---A LoRA of lower rank, the nearest that there is; says how much it keeps, and returns the path.
---@param options? {src: string|Run, rank?: integer, keep?: number, output?: string, progress?: boolean}
---@return string
function Exporter.resize(options) end

---The sum of LoRAs as one LoRA, each times its weight (1); returns the path.
---@param options? {loras: string|Run[], output: string, weights?: number[], rank?: integer, progress?: boolean}
---@return string
function Exporter.add(options) end

---The average of LoRAs as one LoRA, each by its share; returns the path.
---@param options? {loras: string|Run[], output: string, weights?: number[], rank?: integer, progress?: boolean}
---@return string
function Exporter.mix(options) end

---The LoRA multiplied into the weights of a model, tensor by tensor; returns the new model. Its other parts are shared with the base where the disk can.
---@param options? {base: string, lora: string|Run, output: string, scale?: number, progress?: boolean}
---@return string
function Exporter.merge(options) end

---Sends a LoRA to a hub, private unless told otherwise: the file, the same for ComfyUI, the newest samples, the configuration and a card. Returns {url, commit, changed, unchanged}; with dry_run nothing is asked or sent, and it returns {files, card}.
---@param options? {run: string|Run, repo: string, private?: boolean, trigger?: string, base?: string, license?: string, samples?: string[], endpoint?: string, dry_run?: boolean, progress?: boolean}
---@return table
function Exporter.publish(options) end

---Format, rank, alpha, targets, tensors and metadata of a LoRA file, and what it has learnt, block by block.
---@param path string|Run a .safetensors file, an output folder for its last checkpoint, or a Run
---@return LoRAReport
function Exporter.inspect(path) end

---Files and folders: glob, exists, mkdir, copy, move, size.
---@class fs
fs = {}

---Paths that match a pattern with *, ?, [a-z] and ** for any depth, sorted.
---@param pattern string such as "clips/*.mp4"
---@return string[]
function fs.glob(pattern) end

---Whether there is a file or folder.
---@param path string what to look for
---@return boolean
function fs.exists(path) end

---Makes a folder and the folders above it.
---@param path string the folder
function fs.mkdir(path) end

---Copies a file; an existing one is replaced, whole or not at all.
---@param from string the file
---@param to string the new path, or a folder
function fs.copy(from, to) end

---Moves or renames a file or folder.
---@param from string what to move
---@param to string the new path, or a folder
function fs.move(from, to) end

---Bytes in a file; nil when there is none.
---@param path string the file
---@return integer?
function fs.size(path) end

---The null of JSON and YAML as a value: decode gives it on demand, encode writes it.
---@class Null
local Null = {}

---JSON to Lua values and back.
---@class json
---@field null Null The null of the text, where nil would leave no trace: decode(text, { null = json.null }).
json = {}

---The value of a JSON text. null becomes nil unless another value is given; a whole number beyond 64 bits becomes a string of its digits.
---@param text string JSON
---@param options? {null?: any}
---@return any
---@overload fun(options: {text: string, null?: any}): any
function json.decode(text, options) end

---JSON for a value; keys sorted. An empty table is [], but {} where decode made it of one, or with setmetatable({}, { __jsontype = "object" }).
---@param value any what to write
---@param options? {pretty?: boolean}
---@return string
function json.encode(value, options) end

---YAML text: encode and decode.
---@class yaml
---@field null Null The null of the text, where nil would leave no trace: decode(text, { null = yaml.null }).
yaml = {}

---A value as YAML text. An empty table is [], but {} where decode made it of one.
---@param value? any a table, string, number, boolean or nil
---@return string
function yaml.encode(value) end

---The value of a YAML text, read as a configuration is (YAML 1.1, strict; 1e-3 is a number too). null becomes nil unless another value is given; a whole number beyond 64 bits becomes a string of its digits.
---@param text string the text
---@param options? {null?: any}
---@return any
---@overload fun(options: {text: string, null?: any}): any
function yaml.decode(text, options) end

---The globals of a session.
---@class Who
---@field [integer] table
local Who = {}

---A curve of one's own numbers.
---@class Plot
local Plot = {}

---Writes it as a picture; returns its path.
---@param path string a .png or .jpg
---@return string
function Plot:save(path) end

---What a machine has of what runs need: {name, state, found, fix} each.
---@class Checkup
---@field ok boolean True when nothing is a problem.
---@field [integer] table
local Checkup = {}

---What a pipeline has done, or would do: {step, state, reason, seconds, bytes, outcome} each.
---@class Pipeline
---@field clips Dataset? The dataset of the clips; nil in a plan.
---@field precomputed Precomputed? What was trained on; nil in a plan.
---@field run Run? The run of this call; nil where none was needed.
---@field output string? The folder of what was trained, now or before.
---@field exported string? The exported file, or folder.
---@field due integer How many steps there are to do; 0 when a second call would do nothing.
---@field [integer] table
local Pipeline = {}

---Sections of keys with other values.
---@class Config.changes
---@field model? Config.model.changes Which model is trained, and how much of it.
---@field lora? Config.lora.changes The low-rank adapters; null only for full fine-tuning.
---@field conditioning? Config.conditioning.changes What the model is given besides the text.
---@field optimization? Config.optimization.changes Optimizer, schedule and length of the run.
---@field acceleration? Config.acceleration.changes Number formats and memory savings.
---@field data? Config.data.changes Where the preprocessed clips are.
---@field validation? Config.validation.changes The videos that are sampled while training.
---@field checkpoints? Config.checkpoints.changes When the weights are saved.
---@field flow_matching? Config.flow_matching.changes How noise levels are drawn.
---@field hub? Config.hub.changes Publishing on the Hugging Face Hub.
---@field wandb? Config.wandb.changes Weights & Biases; read and kept, not used here.
---@field seed? integer Seed of everything random in the training.
---@field output_dir? string Folder of checkpoints, samples and logs.

---Which model is trained, and how much of it.
---@class Config.model
---@field model_source string The base model: a version name, a folder, a .safetensors file or URL, or a hub repository.
---@field training_mode "lora"|"full" LoRA adapters on a frozen model, or every weight.
---@field load_checkpoint string? Weights to start from: a checkpoint file, or a folder whose last checkpoint is taken.

---@class Config.model.changes
---@field model_source? string The base model: a version name, a folder, a .safetensors file or URL, or a hub repository.
---@field training_mode? "lora"|"full" LoRA adapters on a frozen model, or every weight.
---@field load_checkpoint? string? Weights to start from: a checkpoint file, or a folder whose last checkpoint is taken.

---The low-rank adapters; null only for full fine-tuning.
---@class Config.lora
---@field rank integer Inner size of the adapters: higher learns more and needs more memory.
---@field alpha integer The adapters are scaled by alpha / rank; usually equal to the rank.
---@field rank_pattern table<string, number> Layers with another rank, by endings of their names; of several that fit the longest counts.
---@field alpha_pattern table<string, number> Layers with another alpha, as lora.rank_pattern.
---@field use_dora boolean DoRA: train the length of each row of the adapted matrices, too; better at low ranks, slower.
---@field dropout number Share of adapter inputs that are dropped while training.
---@field target_modules string[] Endings of the names of the linear layers that get an adapter.

---@class Config.lora.changes
---@field rank? integer Inner size of the adapters: higher learns more and needs more memory.
---@field alpha? integer The adapters are scaled by alpha / rank; usually equal to the rank.
---@field rank_pattern? table<string, number> Layers with another rank, by endings of their names; of several that fit the longest counts.
---@field alpha_pattern? table<string, number> Layers with another alpha, as lora.rank_pattern.
---@field use_dora? boolean DoRA: train the length of each row of the adapted matrices, too; better at low ranks, slower.
---@field dropout? number Share of adapter inputs that are dropped while training.
---@field target_modules? string[] Endings of the names of the linear layers that get an adapter.

---What the model is given besides the text.
---@class Config.conditioning
---@field mode "none"|"reference_video" Train on the clips alone, or on pairs with a reference video (IC-LoRA).
---@field first_frame_conditioning_p number Probability that a step is given the first frame, which teaches image to video.
---@field first_frame_conditioning_per_sample boolean Draw the first frame for each clip of a batch; false is the reference's way, one draw for all of them.
---@field caption_dropout_p number Probability that a clip is trained without its caption, for guidance; 1 trains without captions.
---@field reference_latents_dir string Folder of the reference latents, beside the latents.

---@class Config.conditioning.changes
---@field mode? "none"|"reference_video" Train on the clips alone, or on pairs with a reference video (IC-LoRA).
---@field first_frame_conditioning_p? number Probability that a step is given the first frame, which teaches image to video.
---@field first_frame_conditioning_per_sample? boolean Draw the first frame for each clip of a batch; false is the reference's way, one draw for all of them.
---@field caption_dropout_p? number Probability that a clip is trained without its caption, for guidance; 1 trains without captions.
---@field reference_latents_dir? string Folder of the reference latents, beside the latents.

---Optimizer, schedule and length of the run.
---@class Config.optimization
---@field learning_rate number Step size of the optimizer at the start.
---@field steps integer Length of the run.
---@field batch_size integer Clips that go through the model at once, all of one size.
---@field gradient_accumulation_steps integer Batches whose gradients are averaged for one update: a larger batch without its memory.
---@field max_grad_norm number Gradients are scaled down to this norm; 0 leaves them alone.
---@field optimizer_type "adamw"|"adamw8bit"|"adafactor"|"lion"|"prodigy" AdamW with full or with 8-bit state, Adafactor, Lion, or Prodigy (which finds its rate: learning_rate 1).
---@field optimizer_params table<string, number> Arguments of the optimizer: weight_decay, beta1, beta2 and eps (adamw), weight_decay, beta1, beta2 and eps (adamw8bit), weight_decay, beta1, decay_rate, clip_threshold and scale_parameter (adafactor), weight_decay, beta1 and beta2 (lion), weight_decay, beta1, beta2, eps, d0, d_coef, use_bias_correction and safeguard_warmup (prodigy).
---@field master_weights boolean Train copies in fp32 of parameters in bf16; false is the reference's way, which loses most of each update.
---@field lora_plus_ratio number LoRA+: the rate of the adapters' B as a multiple of the learning rate; its authors take 16, 1 is plain LoRA.
---@field ema_decay number? Decay of a moving average of what is trained, saved in ema/ beside checkpoints/; null keeps none.
---@field scheduler_type "constant"|"linear"|"cosine"|"cosine_with_restarts"|"polynomial" How the learning rate changes over the run.
---@field scheduler_params table<string, number> Arguments of the schedule: start_factor and end_factor (linear), eta_min (cosine), T_0, T_mult and eta_min (cosine_with_restarts), power (polynomial).
---@field warmup_steps number Updates over which the learning rate rises to where the schedule starts; below 1 a share of the run.
---@field enable_gradient_checkpointing integer|"true"|"false"|"auto" Recompute blocks in the backward pass, all, the first so many, or auto: as many as it takes. Far less memory, up to a third more time.

---@class Config.optimization.changes
---@field learning_rate? number Step size of the optimizer at the start.
---@field steps? integer Length of the run.
---@field batch_size? integer Clips that go through the model at once, all of one size.
---@field gradient_accumulation_steps? integer Batches whose gradients are averaged for one update: a larger batch without its memory.
---@field max_grad_norm? number Gradients are scaled down to this norm; 0 leaves them alone.
---@field optimizer_type? "adamw"|"adamw8bit"|"adafactor"|"lion"|"prodigy" AdamW with full or with 8-bit state, Adafactor, Lion, or Prodigy (which finds its rate: learning_rate 1).
---@field optimizer_params? table<string, number> Arguments of the optimizer: weight_decay, beta1, beta2 and eps (adamw), weight_decay, beta1, beta2 and eps (adamw8bit), weight_decay, beta1, decay_rate, clip_threshold and scale_parameter (adafactor), weight_decay, beta1 and beta2 (lion), weight_decay, beta1, beta2, eps, d0, d_coef, use_bias_correction and safeguard_warmup (prodigy).
---@field master_weights? boolean Train copies in fp32 of parameters in bf16; false is the reference's way, which loses most of each update.
---@field lora_plus_ratio? number LoRA+: the rate of the adapters' B as a multiple of the learning rate; its authors take 16, 1 is plain LoRA.
---@field ema_decay? number? Decay of a moving average of what is trained, saved in ema/ beside checkpoints/; null keeps none.
---@field scheduler_type? "constant"|"linear"|"cosine"|"cosine_with_restarts"|"polynomial" How the learning rate changes over the run.
---@field scheduler_params? table<string, number> Arguments of the schedule: start_factor and end_factor (linear), eta_min (cosine), T_0, T_mult and eta_min (cosine_with_restarts), power (polynomial).
---@field warmup_steps? number Updates over which the learning rate rises to where the schedule starts; below 1 a share of the run.
---@field enable_gradient_checkpointing? integer|"true"|"false"|"auto" Recompute blocks in the backward pass, all, the first so many, or auto: as many as it takes. Far less memory, up to a third more time.

---Number formats and memory savings.
---@class Config.acceleration
---@field mixed_precision_mode "no"|"fp16"|"bf16"|nil Number format of the forward pass.
---@field quantization "no_change"|"int8-quanto"|"int4-quanto"|"int2-quanto"|"fp8-quanto"|"fp8uz-quanto"|nil Number format of the frozen weights: fewer bits, less memory, a little less precision.
---@field load_text_encoder_in_8bit boolean Hold the text encoder in 8 bits where a script loads it with this configuration.
---@field blocks_to_offload integer|"auto" Blocks whose frozen weights lie in host memory and come to the GPU as they are needed; auto: what does not fit.
---@field offload_activations boolean What recomputed blocks keep waits in host memory until the backward pass needs it.
---@field shard_across_ranks boolean Ranks divide frozen weights among them, and put a block together when its turn comes; in full training the optimizer's states.
---@field communication_dtype "fp32"|"bf16" Number format in which ranks sum their gradients: bf16 sends half as much, and rounds at each rank.
---@field compile_with_inductor boolean Kept for the reference trainer, which compiles the model; it changes nothing here.
---@field compilation_mode "default"|"reduce-overhead"|"max-autotune" Kept for the reference trainer; it changes nothing here.

---@class Config.acceleration.changes
---@field mixed_precision_mode? "no"|"fp16"|"bf16"|nil Number format of the forward pass.
---@field quantization? "no_change"|"int8-quanto"|"int4-quanto"|"int2-quanto"|"fp8-quanto"|"fp8uz-quanto"|nil Number format of the frozen weights: fewer bits, less memory, a little less precision.
---@field load_text_encoder_in_8bit? boolean Hold the text encoder in 8 bits where a script loads it with this configuration.
---@field blocks_to_offload? integer|"auto" Blocks whose frozen weights lie in host memory and come to the GPU as they are needed; auto: what does not fit.
---@field offload_activations? boolean What recomputed blocks keep waits in host memory until the backward pass needs it.
---@field shard_across_ranks? boolean Ranks divide frozen weights among them, and put a block together when its turn comes; in full training the optimizer's states.
---@field communication_dtype? "fp32"|"bf16" Number format in which ranks sum their gradients: bf16 sends half as much, and rounds at each rank.
---@field compile_with_inductor? boolean Kept for the reference trainer, which compiles the model; it changes nothing here.
---@field compilation_mode? "default"|"reduce-overhead"|"max-autotune" Kept for the reference trainer; it changes nothing here.

---Where the preprocessed clips are.
---@class Config.data
---@field preprocessed_data_root string The folder that preprocessing wrote, or the dataset folder that holds it.
---@field num_dataloader_workers integer Threads that read clips ahead; 0 reads in step.
---@field validation_split number Share of the clips that is held out: not trained on, but measured by.
---@field validation_data_root string? Another preprocessed folder to measure by, instead of data.validation_split.

---@class Config.data.changes
---@field preprocessed_data_root? string The folder that preprocessing wrote, or the dataset folder that holds it.
---@field num_dataloader_workers? integer Threads that read clips ahead; 0 reads in step.
---@field validation_split? number Share of the clips that is held out: not trained on, but measured by.
---@field validation_data_root? string? Another preprocessed folder to measure by, instead of data.validation_split.

---The videos that are sampled while training.
---@class Config.validation
---@field prompts string[] One video is sampled for each.
---@field negative_prompt string What the videos should not look like.
---@field images string[]? First frames of the videos, one a prompt.
---@field reference_videos string[]? Reference videos, one a prompt.
---@field video_dims integer[]|string Size of the videos: width and height in 32s, frames 8k + 1.
---@field seed integer Seed of every sampled video.
---@field inference_steps integer Denoising steps of a video.
---@field interval integer? Updates between validations; null switches them off.
---@field loss_interval integer? Updates between measurements of the held-out loss; null measures it at the start and at the end alone.
---@field videos_per_prompt integer Videos sampled for each prompt.
---@field guidance_scale number How strongly the prompt is followed; 1 is without guidance and twice as fast.
---@field skip_initial_validation boolean Leave out the validation before the first step.

---@class Config.validation.changes
---@field prompts? string[] One video is sampled for each.
---@field negative_prompt? string What the videos should not look like.
---@field images? string[]? First frames of the videos, one a prompt.
---@field reference_videos? string[]? Reference videos, one a prompt.
---@field video_dims? integer[]|string Size of the videos: width and height in 32s, frames 8k + 1.
---@field seed? integer Seed of every sampled video.
---@field inference_steps? integer Denoising steps of a video.
---@field interval? integer? Updates between validations; null switches them off.
---@field loss_interval? integer? Updates between measurements of the held-out loss; null measures it at the start and at the end alone.
---@field videos_per_prompt? integer Videos sampled for each prompt.
---@field guidance_scale? number How strongly the prompt is followed; 1 is without guidance and twice as fast.
---@field skip_initial_validation? boolean Leave out the validation before the first step.

---When the weights are saved.
---@class Config.checkpoints
---@field interval integer? Updates between checkpoints; null saves only at the end.
---@field interval_minutes number? Minutes between checkpoints, beside or instead of checkpoints.interval.
---@field keep_last_n integer Checkpoints of the run that are kept; -1 keeps all.
---@field keep_states integer Training states that are kept for tr:resume, about three times a checkpoint each; 0 writes none.

---@class Config.checkpoints.changes
---@field interval? integer? Updates between checkpoints; null saves only at the end.
---@field interval_minutes? number? Minutes between checkpoints, beside or instead of checkpoints.interval.
---@field keep_last_n? integer Checkpoints of the run that are kept; -1 keeps all.
---@field keep_states? integer Training states that are kept for tr:resume, about three times a checkpoint each; 0 writes none.

---How noise levels are drawn.
---@class Config.flow_matching
---@field timestep_sampling_mode "uniform"|"shifted_logit_normal" How noise levels are drawn: evenly, or more of the middle and high ones for longer videos.
---@field timestep_sampling_params table<string, number> Arguments of the drawing: std (shifted_logit_normal), min_value and max_value (uniform).

---@class Config.flow_matching.changes
---@field timestep_sampling_mode? "uniform"|"shifted_logit_normal" How noise levels are drawn: evenly, or more of the middle and high ones for longer videos.
---@field timestep_sampling_params? table<string, number> Arguments of the drawing: std (shifted_logit_normal), min_value and max_value (uniform).

---Publishing on the Hugging Face Hub.
---@class Config.hub
---@field push_to_hub boolean Send the LoRA to the hub when the run has finished (private where it is new); needs HF_TOKEN.
---@field hub_model_id string? The repository to upload to.

---@class Config.hub.changes
---@field push_to_hub? boolean Send the LoRA to the hub when the run has finished (private where it is new); needs HF_TOKEN.
---@field hub_model_id? string? The repository to upload to.

---Weights & Biases; read and kept, not used here.
---@class Config.wandb
---@field enabled boolean Log to Weights & Biases; not used here.
---@field project string Its project.
---@field entity string? Its user or team.
---@field tags string[] Tags of the run.
---@field log_validation_videos boolean Log the sampled videos.

---@class Config.wandb.changes
---@field enabled? boolean Log to Weights & Biases; not used here.
---@field project? string Its project.
---@field entity? string? Its user or team.
---@field tags? string[] Tags of the run.
---@field log_validation_videos? boolean Log the sampled videos.

---Seconds on a clock that never goes back, with fractions.
---@return number
function time() end

---Explains a global, an object, a method, or everything that mentions a word.
---@param topic? any an object, a function, or a text to look for
function help(topic) end

---Checks what a run needs: libtorch, GPU and driver, memory, codecs, models, configurations, data, disk, environment, the terminal; each row with its fix. `ltxsh doctor` does it from the system's shell.
---@return Checkup
function doctor() end

---Asks a question at the terminal and returns what was typed; nil when nothing was, and there is no default.
---@param prompt string the question
---@param default? string stands in the line, to be edited
---@return string?
function ask(prompt, default) end

---The training runs of this session, background ones included, and its captioning.
---@return (Run|CaptionRun|PreprocessingRun)[]
function jobs() end

---Draws numbers as a curve: plot(ys), or plot(xs, ys); :save("curve.png") makes a picture of it.
---@param xs any a list of numbers; the only one for a curve over 1, 2, 3 …
---@param ys? any the numbers over xs
---@param options? {title?: string}
---@return Plot
function plot(xs, ys, options) end

---Numbers as one line of blocks.
---@param values any a list of numbers
---@return string
function spark(values) end

---Your own globals: name, type, size, what they are, where they live.
---@return table
function who() end

---From raw videos to a LoRA: split, caption, preprocess, train, export, each step as far as it is not done. The plan comes first: what is done, what is stale, how long, how much disk; then each step, and what came of it. Call it again after any failure, or Ctrl-C: it goes on there.
---@param project string a folder of videos, the name of a project in train_date, or BASENAME of a BASENAME_raw
---@param options? {size?: string|{width: integer, height: integer, frames?: integer}|string[], frames?: integer|"first"|"uniform"|"chunks"|"sliding"|"full", template?: Config|string, rank?: integer, model?: string, trigger?: string, captioner?: Captioner|string, prompt?: string, split?: boolean, caption?: boolean, preprocess?: boolean, train?: boolean, export?: boolean|"comfyui"|"diffusers"|"kohya"|"peft", scenes?: string, output?: string, uncaptioned?: boolean, decode?: boolean, text_encoder_8bit?: boolean, vae_tiling?: boolean, device?: string, lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", detector?: "content"|"adaptive"|"threshold"|"histogram"|"hash", threshold?: number, adaptive_threshold?: number, min_scene_len?: number|string, weights?: number[], luma_only?: boolean, window_width?: integer, min_content_val?: number, fade_bias?: number, method?: "floor"|"ceiling", add_final_scene?: boolean, filter_mode?: "merge"|"suppress", filter_shorter_than?: number|string, max_scenes?: integer, dry?: boolean, strict?: boolean, progress?: boolean}
---@return Pipeline
---@overload fun(options: {project: string, size?: string|{width: integer, height: integer, frames?: integer}|string[], frames?: integer|"first"|"uniform"|"chunks"|"sliding"|"full", template?: Config|string, rank?: integer, model?: string, trigger?: string, captioner?: Captioner|string, prompt?: string, split?: boolean, caption?: boolean, preprocess?: boolean, train?: boolean, export?: boolean|"comfyui"|"diffusers"|"kohya"|"peft", scenes?: string, output?: string, uncaptioned?: boolean, decode?: boolean, text_encoder_8bit?: boolean, vae_tiling?: boolean, device?: string, lengths?: integer[], aspect_buckets?: boolean, stride?: integer, samples?: integer, fps?: number, crop?: "none"|"bars", detector?: "content"|"adaptive"|"threshold"|"histogram"|"hash", threshold?: number, adaptive_threshold?: number, min_scene_len?: number|string, weights?: number[], luma_only?: boolean, window_width?: integer, min_content_val?: number, fade_bias?: number, method?: "floor"|"ceiling", add_final_scene?: boolean, filter_mode?: "merge"|"suppress", filter_shorter_than?: number|string, max_scenes?: integer, dry?: boolean, strict?: boolean, progress?: boolean}): Pipeline
function pipeline(project, options) end
