#!/usr/bin/env ltxsh
-- What training on many devices takes, by simulation: docs/scaling.md is this script's output.
--
--     ltxsh scripts/scaling.lua [tflops=400] [inner=300] [outer=50] [node=8] [alpha=20] [jitter=0.01] [back=0.66]
--     ltxsh scripts/scaling.lua check STEP_1 STEP_2_APART STEP_2 BYTES GB_S     measured seconds of an update, bytes, GB/s
--
-- tflops: what a device does of matrix products in practice, in 10^12 operations a second; inner, outer: GB/s that an average moves out of
-- a device inside a host, and out of a host; node: devices of a host; alpha: microseconds of a message; jitter: how far updates of one
-- device lie apart, by their own length; back: the share of an update in which gradients are summed while others are computed, that is the
-- backward pass with what it computes again.
local given = { tflops = 400, inner = 300, outer = 50, node = 8, alpha = 20, jitter = 0.01, back = 0.66 }

-- Seconds of an average over `count` devices: inside each host, then between hosts, by rings; and the messages of an update, in trees.
local function average(bytes, count, link)
    local inside, hosts = math.min(count, link.node), math.max(1, math.ceil(count / link.node))
    local seconds = 2 * (inside - 1) / inside * bytes / (link.inner * 1e9)
    if hosts > 1 then seconds = seconds + 2 * (hosts - 1) / hosts * bytes / (link.outer * 1e9) end
    -- What is to be done (2), whether all ask for the same (3), and the losses, there and back.
    local messages = count > 1 and 6 * 2 * math.ceil(math.log(count, 2)) or 0
    return seconds, messages * link.alpha * 1e-6
end
-- Seconds of an update of which `compute` are a device's own work: all wait for the slowest, whose lateness is that of the largest of
-- `count` draws of a normal distribution. `parts` bytes of blocks are put together out of the ranks' parts, each while the one before it
-- is computed with, and by the slowest link.
local function update(compute, bytes, count, link, parts)
    local late = count > 1 and link.jitter * math.sqrt(2 * math.log(count)) or 0
    local sum, messages = average(bytes, count, link)
    -- That of the first block, whose gradients come last, nobody computes anything beside: one of 28.
    local waiting = math.max(sum / 28, sum - link.back * compute)
    local rate = count > link.node and link.outer or link.inner
    local gathering = (count - 1) / count * (parts or 0) / (rate * 1e9)
    -- Nothing is computed beside the first: one of 28, up and down.
    waiting = waiting + math.max(gathering / 56, gathering - compute)
    return compute * (1 + late) + waiting + messages
end

if arg[1] == "check" then
    local one, apart, two, bytes, rate = table.unpack(arg, 2)
    one, apart, two, bytes, rate = tonumber(one), tonumber(apart), tonumber(two), tonumber(bytes), tonumber(rate)
    -- What two processes lose anyway is measured, and no matter of ranks.
    local link = { inner = rate, outer = rate, node = 2, alpha = 30, jitter = 0.01, back = 0.5 }
    for count, measured in ipairs{ one, two } do
        local said = update(count == 1 and one or apart, bytes, count, link)
        print(("%d ranks: %.4f s simulated, %.4f s measured, %+.1f %%"):format(count, said, measured, 100 * (said / measured - 1)))
    end
    return
end
for _, word in ipairs(arg) do
    local name, value = word:match("^(%a+)=(.+)$")
    assert(name and given[name] and tonumber(value), "not an option: " .. word .. " (see the head of this file)")
    given[name] = tonumber(value)
end

local cases = {
    { "2B LoRA, rank 32", "LTXV_2B_0.9.5", "lora", "768x448x89" }, { "13B LoRA, rank 32", "LTXV_13B_097_DEV", "lora", "768x448x89" },
    { "2B, the whole model", "LTXV_2B_0.9.5", "full", "768x448x89" },
    { "13B LoRA, weights in parts", "LTXV_13B_097_DEV", "lora", "768x448x89", true },
}
print(("At %g TFLOP/s a device, %g GB/s inside a host of %d, %g GB/s out of it; one clip a rank and update.\n"):format(
    given.tflops, given.inner, given.node, given.outer))
print("| training | ranks | bytes summed | an update | of it waiting | clips a second | of the ranks' speed |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for _, case in ipairs(cases) do
    local name, model, mode, size, shares = table.unpack(case)
    local cfg = Config.default()
    cfg.model.model_source, cfg.model.training_mode = model, mode
    cfg.lora.rank, cfg.lora.alpha = 32, 32
    cfg.optimization.batch_size = 1
    cfg.optimization.enable_gradient_checkpointing = true
    cfg.data.preprocessed_data_root = "/nonexistent"
    cfg.acceleration.shard_across_ranks = shares or false
    local plan = Trainer.plan(cfg, { size = size, tflops = given.tflops, gpu_memory = "80GB", ranks = 2 })
    -- Of two ranks half of the parts goes out of each, beside the gradients' sum.
    local parts = 2 * plan.ranks.traffic - 2 * plan.ranks.bytes
    for _, count in ipairs{ 1, 8, 16, 32, 64, 128, 256, 512 } do
        local seconds = update(plan.seconds, plan.ranks.bytes, count, given, parts)
        print(("| %s | %d | %.0f MB | %.3f s | %.0f ms | %.1f | %.0f %% |"):format(
            name, count, plan.ranks.bytes / 1e6, seconds, 1000 * (seconds - plan.seconds), count / seconds,
            100 * plan.seconds / seconds))
    end
end
