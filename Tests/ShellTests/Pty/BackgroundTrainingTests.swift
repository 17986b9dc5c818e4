import Base
import Media
import TestSupport
import Testing

/// A training behind the prompt while somebody works in front of it.
@Suite struct BackgroundTrainingTests {
    /// Clips that were preprocessed, a tiny model, two pictures with captions, and what trains in a terminal.
    private func home() throws -> String {
        let folder = try Scratch.folder("background"), fixtures = Path.join(Path.folder(#filePath), "../../Fixtures")
        try Files.makeFolder(Path.join(folder, "clips"))
        for name in ["a", "b"] {
            try StillImage.write(
                Picture(width: 64, height: 64, .grey).frame, to: Path.join(folder, "clips/\(name).png"))
        }
        return try LtxshTests.home(
            initially: """
                local model = Models.make_tiny("\(folder)/tiny")
                tr = Trainer.load{ model = model }
                function settings(steps)
                    local cfg = Config.default()
                    cfg.model.model_source, cfg.data.preprocessed_data_root = model, "\(fixtures)/runs/1/data"
                    cfg.lora = { rank = 4, alpha = 4, dropout = 0.2 }
                    cfg.optimization = { steps = steps, scheduler_type = "constant", batch_size = 1, learning_rate = 1e-3 }
                    cfg.validation.interval, cfg.data.validation_split = nil, 0.5
                    cfg.output_dir = "\(folder)/out"
                    return cfg
                end
                ds = Dataset.open("\(folder)/clips")
                function sampled() return fs.size(run:sample{ prompt = "a boat", size = "32x32x9", steps = 2,
                    output = "\(folder)/boat.mp4", progress = false }) > 0 end
                function compared()
                    local other, same = tr:train(settings(run.step), { progress = false }), 0
                    for n, step in ipairs(run.history) do
                        if step.loss == other.history[n].loss then same = same + 1 end
                    end
                    return same == run.step and #other.history == same and same > 2 and "the same" or "others"
                end
                """)
    }

    @Test func `a training behind the prompt has the losses of one in front, whatever is edited and sampled meanwhile`()
        throws
    {
        let shell = try LtxshTests.shell(home: home(), columns: 120)
        shell.enter("run = tr:start(settings(1000000))")
        shell.enter("ds[1].caption = 'said while it trains'")
        shell.enter("'sampled: ' .. tostring(sampled())")
        shell.see("sampled: true")
        shell.enter("for _, clip in ipairs(ds) do clip.caption = 'again' end")
        shell.enter("while run.step < 3 do run:wait(0.01) end")
        shell.enter("run:stop() run:wait()")
        shell.enter("'losses: ' .. compared() .. ', ' .. run.state .. ', ' .. ds[2].caption")
        shell.see("losses: the same, stopped, again")
    }
}
