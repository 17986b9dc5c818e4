import Base
import LuaKit
import TestSupport
import Testing

@testable import Shell

/// What `Trainer.load` takes.
@Suite struct TrainerSourceTests {
    @Test func `a trainer is loaded as a table says, in the words of a configuration`() throws {
        let interpreter = try Interpreter(), lua = interpreter.lua
        let model = Scratch.path("tiny-model")
        let results = try lua.run(
            """
            local m = Models.make_tiny("\(model)")
            local tr = Trainer.load{ model = m, device = "cpu", quantization = "int4-quanto", blocks_to_offload = 2,
                load_text_encoder_in_8bit = true }
            local resident
            for _, one in ipairs(Models.resident()) do if one.path == tr.model then resident = one end end
            local plain = Trainer.load{ model = m, device = "cpu" }
            local function why(options)
                options.model = m
                local ok, reason = pcall(Trainer.load, options)
                return tostring(reason)
            end
            return tr.quantization, resident.dtype, tostring(plain.quantization), why{ quantization = "int9" },
                why{ quantisation = "int8" }, why{ blocks_to_offload = -1 }
            """, name: "=test")
        let texts = try results.map { try lua.text(of: $0) }
        #expect(Array(texts.prefix(3)) == ["int4-quanto", "bf16, int4, 2 blocks offloaded", "nil"])
        #expect(texts[3].contains("int8-quanto, int4-quanto"))
        #expect(texts[4].contains("did you mean 'quantization'?"))
        #expect(texts[5].contains("must be at least 0, got -1"))
    }
}
