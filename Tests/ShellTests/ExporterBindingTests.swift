import Base
import LuaKit
import TestSupport
import Testing
import Torch

@testable import Shell

@Suite struct ExporterBindingTests {
    @Test func `a LoRA is exported and inspected in Lua`() throws {
        let path = Scratch.path("exporter"), source = Path.join(path, "a.safetensors")
        try Files.makeFolder(path)
        let q = "transformer.transformer_blocks.0.attn1.to_q"
        try Safetensors.write(
            ["\(q).lora_A.weight": .zeros([4, 8]), "\(q).lora_B.weight": .zeros([8, 4])], to: source)
        let lua = try Lua()
        try AllBindings.register(in: lua)
        let results = try lua.run(
            """
            local comfy = Exporter.comfyui("\(source)")
            local report = Exporter.inspect(comfy)
            local again = Exporter.comfyui(comfy)
            local ok, why = pcall(Exporter.comfyui, comfy, comfy)
            return comfy, report.format, report.rank, report.targets[1], #report.tensors, report.tensors[1].shape[1],
                again == comfy, ok, why.kind
            """, name: "=test")
        let texts = try results.map { try lua.text(of: $0) }
        #expect(
            texts == [
                "\(path)/a_comfy.safetensors", "comfyui", "4", "to_q", "2", "4", "true", "false", "export.output",
            ])
        #expect(try lua.text(of: lua.run("return Exporter.inspect(\"\(source)\")")[0]).contains("rank        4"))
    }
}
