import Base
import Glibc
import LuaKit
import TestSupport
import Testing

@testable import Shell

@Suite struct ConfigBindingTests {
    private let root = Path.folder(Path.folder(Path.folder(#filePath)))

    private func evaluate(_ source: String) throws -> String {
        let lua = try Lua()
        try AllBindings.register(in: lua)
        let load = "local cfg = Config.load(\"\(root)/configs/ltxv_2b_lora.yaml\")\n"
        do {
            return try lua.run(load + source, name: "=test").map { try lua.text(of: $0) }.joined(separator: " ")
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("return cfg.lora.rank, cfg.optimization.learning_rate, cfg.seed", "32 0.0002 42"),
        ("cfg.optimization.learning_rate = 1e-4 return cfg.optimization.learning_rate", "0.0001"),
        ("cfg:set('lora.rank', 64) return cfg.lora.rank", "64"),
        ("cfg.validation.interval = nil return cfg.validation.interval", "nil"),
        ("cfg.validation.video_dims = '512x512x25' return table.concat(cfg.validation.video_dims, ' ')", "512 512 25"),
        ("cfg.validation.video_dims = {width=64, height=32, frames=9} return #cfg.validation.video_dims", "3"),
        ("cfg.validation.prompts = {'a', 'b'} return #cfg.validation.prompts", "2"),
        (
            "cfg.optimization.scheduler_params.end_factor = 0.5 return cfg.optimization.scheduler_params.end_factor",
            "0.5"
        ),
        (
            "cfg.optimization.scheduler_params = {end_factor = 0.25} return cfg.optimization.scheduler_params.end_factor",
            "0.25"
        ),
        ("cfg.optimization.scheduler_params = {} return cfg.optimization.scheduler_params.x", "nil"),
        ("local c = cfg:copy{ lora = {rank = 8}, seed = 7 } return c.lora.rank, c.seed, cfg.lora.rank", "8 7 32"),
        (
            "local d = cfg:copy{ lora = {rank = 8} }:diff(cfg) return #d, d[1].key, d[1].value, d[1].other",
            "1 lora.rank 8 32"
        ),
        ("return cfg == cfg:copy{}, cfg == cfg:copy{seed = 1}, cfg.lora == cfg.lora", "true false true"),
        (
            "cfg.hub.hub_model_id = 'a/b' cfg.hub.push_to_hub = true cfg.model.training_mode = 'full' local ok, why = cfg:validate() cfg.model.training_mode = 'lora' return ok, why[1]:match('hub.push_to_hub = true is not supported')",
            "false hub.push_to_hub = true is not supported"
        ),
        ("cfg.hub.push_to_hub = false return cfg:validate()", "true"),
        ("cfg.lora = nil return cfg.lora", "nil"),
        (
            "cfg.lora = nil local ok, why = cfg:validate() return ok, #why, why[1]:match(\"'lora' is missing\")",
            "false 1 'lora' is missing"
        ),
        ("return Config.default().optimization.steps", "3000"),
        ("return tostring(cfg):match('rank: (%d+)'), tostring(cfg.lora):match('alpha: (%d+)')", "32 32"),
        ("local n = 0 for k in pairs(cfg) do n = n + 1 end return n", "13"),
        ("return yaml.decode('a: [1, {b: yes}]').a[2].b, yaml.encode{1, 2}", "true [1, 2]\n"),
        ("return yaml.decode(yaml.encode{ x = { y = 'no' }, [3] = 1.5 }).x.y", "no"),
    ])
    func `configurations are read and changed by name`(source: String, result: String) throws {
        #expect(try evaluate(source) == result)
    }

    @Test(arguments: [
        ("cfg.lora.rank = 1", "'lora.rank' must be at least 2, got 1"),
        ("cfg.lora.rank = 'many'", "'lora.rank' must be a whole number, got \"many\""),
        ("cfg.lora.rnak = 8", "unknown key 'lora.rnak' (did you mean 'rank'?)"),
        ("return cfg.lora.rnak", "'rnak' (did you mean 'rank'?)"),
        ("return cfg.optimisation", "'optimisation' (did you mean 'optimization'?)"),
        ("cfg.optimisation = {}", "unknown key 'optimisation' (did you mean 'optimization'?)"),
        ("cfg.lora = { rank = 8, alpha = 'x' }", "'lora.alpha' must be a whole number"),
        ("cfg:set('lora.rank')", "'lora.rank' must be a whole number, got null"),
        ("cfg:copy{ lora = { rank = print } }", "YAML has no word for a function"),
        ("cfg:copy{ sed = 1 }", "unknown key 'sed' (did you mean 'seed'?)"),
        ("cfg.optimization.scheduler_params.end_factor = 'x'", "entry 'end_factor' must be a number"),
        ("Config.load('nowhere.yaml')", "no such file or folder: 'nowhere.yaml'"),
        ("Config.template('nothing')", "no template 'nothing'"),
        ("yaml.decode('a: [')", "line 2, column 1"), ("yaml.encode(print)", "YAML has no word for a function"),
        ("local t = {} t.t = t yaml.encode(t)", "contain itself"),
    ])
    func `a wrong value is refused at once`(source: String, message: String) throws {
        let text = try evaluate(source)
        #expect(text.contains(message), "\(text)")
    }

    @Test func `a configuration that is not finished is saved and loaded, and validation tells what is missing`() throws
    {
        let path = Scratch.path("config", ".yaml")
        let source = """
            Config.default():save("\(path)")
            local again = Config.load("\(path)")
            local ok, why = again:validate()
            return again == Config.default(), ok, #why, why[1], pcall(Trainer.load, again)
            """
        #expect(try evaluate(source).hasPrefix("true false 1 'data.preprocessed_data_root' is not set"))
    }
    @Test func `text of a configuration ends where its last line does`() throws {
        #expect(
            try evaluate("return tostring(cfg):sub(-1) ~= '\\n', tostring(cfg.lora):sub(-1) ~= '\\n'") == "true true")
    }
    @Test func `a template is filled and saved`() throws {
        let path = Scratch.path("config", ".yaml")
        let source = """
            local t = Config.template("\(root)/configs/ltxv_2b_lora_template.yaml", { BASENAME = "APT", RANK = 48 })
            t:save("\(path)")
            return t == Config.load("\(path)"), t.output_dir, t.lora.alpha
            """
        #expect(try evaluate(source) == "true outputs/APT_lora_r48 48")
    }
}
