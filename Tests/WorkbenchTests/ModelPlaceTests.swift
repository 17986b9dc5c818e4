import Base
import Configuration
import Glibc
import Testing

@testable import Workbench

/// Models by the names that people have for them.
@Suite struct ModelPlaceTests {
    static let fixtures = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures")
    static let single = Path.join(fixtures, "single/2b-095/ltxv-2b-095.safetensors")
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["LTX-Video", "LTX-Video-0.9.7-diffusers"] {
            for part in ["transformer", "vae", "text_encoder", "tokenizer"] {
                try folder.write("{}", to: "models/\(name)/\(part)/config.json")
            }
            try folder.write("x", to: "models/\(name)/text_encoder/model.safetensors")
            try folder.write("x", to: "models/\(name)/tokenizer/spiece.model")
        }
        let bytes = try Files.read(Self.single)
        try AtomicFile.write(bytes, to: folder["models/ltxv-2b-0.9.6-dev-04-25.safetensors"])
    }
    private func find(_ name: String) throws -> ModelFolder { try ModelFolder(finding: name, models: folder["models"]) }

    @Test(arguments: [
        ("LTXV_2B_0.9.0", "LTX-Video"), ("Lightricks/LTX-Video", "LTX-Video"), ("ltx_video", "LTX-Video"),
        ("https://huggingface.co/Lightricks/LTX-Video/tree/main", "LTX-Video"),
        ("LTXV_13B_097_DEV", "LTX-Video-0.9.7-diffusers"), ("ltxv-13b-0.9.7-dev", "LTX-Video-0.9.7-diffusers"),
        ("LTXV_2B_0.9.6_DEV", "ltxv-2b-0.9.6-dev-04-25.safetensors"),
        ("ltxv_2b_096_dev", "ltxv-2b-0.9.6-dev-04-25.safetensors"),
        (
            "https://huggingface.co/Lightricks/LTX-Video/blob/main/ltxv-2b-0.9.6-dev-04-25.safetensors?download=true",
            "ltxv-2b-0.9.6-dev-04-25.safetensors"
        ),
    ])
    func `a version, a repository and an address find what they name, in any spelling`(
        _ name: String, _ expected: String
    ) throws {
        #expect(try Path.name(find(name).identity) == expected)
    }
    @Test func `a single file shares the text encoder of LTX-Video, or takes the one that is named`() throws {
        let model = try find("LTXV_2B_0.9.6_DEV")
        #expect(model.textEncoder.hasSuffix("models/LTX-Video/text_encoder"))
        #expect(model.tokenizer.hasSuffix("models/LTX-Video/tokenizer"))
        let other = try ModelFolder(
            finding: "LTXV_2B_0.9.6_DEV", models: folder["models"], textEncoder: "LTX-Video-0.9.7-diffusers")
        #expect(other.textEncoder.hasSuffix("0.9.7-diffusers/text_encoder"))
        #expect(other.tokenizer.hasSuffix("0.9.7-diffusers/tokenizer"))
    }
    @Test func `a checkpoint of ComfyUI takes its T5 file and the tokenizer of LTX-Video`() throws {
        let checkpoint = "ComfyUI/models/checkpoints/ltxv.safetensors"
        let encoder = "ComfyUI/models/text_encoders/t5xxl_fp16.safetensors"
        try folder.write("x", to: checkpoint)
        try AtomicFile.write(Files.read(Self.single), to: folder[checkpoint])
        try folder.write("x", to: encoder)
        // Models' own come first.
        #expect(try find(folder[checkpoint]).textEncoder.hasSuffix("LTX-Video/text_encoder"))
        try #require(rename(folder["models/LTX-Video/text_encoder"], folder["t5"]) == 0)
        try #require(rename(folder["models/LTX-Video-0.9.7-diffusers/text_encoder"], folder["t6"]) == 0)
        let model = try find(folder[checkpoint])
        #expect(model.textEncoder == folder[encoder] && model.tokenizer.hasSuffix("models/LTX-Video/tokenizer"))
        #expect(model.identity(of: .textEncoder).contains("t5xxl_fp16.safetensors + "))
        let named = try ModelFolder(
            finding: folder[checkpoint], models: folder["models"], textEncoder: folder["t6"],
            tokenizer: folder["models/LTX-Video-0.9.7-diffusers"])
        #expect(named.textEncoder == folder["t6"] && named.tokenizer.hasSuffix("0.9.7-diffusers/tokenizer"))
    }
    @Test func `one text encoder in memory serves every model that shares it`() throws {
        let file = try find("LTXV_2B_0.9.6_DEV"), owner = try find("LTX-Video"), other = try find("LTXV_13B_097_DEV")
        #expect(file.identity(of: .textEncoder) == owner.identity && owner.identity(of: .textEncoder) == owner.identity)
        #expect(other.identity(of: .textEncoder) == other.identity && other.identity != owner.identity)
        #expect(file.identity(of: .vae) == file.identity)
    }
    @Test func `a mistyped path is no repository of that name`() throws {
        // The tests run in the package's folder.
        try #require(Files.isFolder("Sources"))
        #expect(throws: ModelFolderError.self) { try find("Sources/LTX-Video") }
    }
    @Test func `a file of another format says what it is`() throws {
        try folder.write("GGUF....", to: "models/ltxv-13b-0.9.8-dev-Q4_K_M.gguf")
        #expect { try find("ltxv-13b-0.9.8-dev-Q4_K_M.gguf") } throws: {
            "\($0)".contains("GGUF") && "\($0)".contains("plain fp8 .safetensors")
        }
    }
    @Test func `a shipped configuration names a model that somebody publishes`() throws {
        let configs = Path.join(Path.folder(Self.fixtures), "../configs")
        let names = try Files.list(configs).filter {
            $0.hasSuffix(".yaml") && !["tiny.yaml", "demo.yaml"].contains($0)
        }
        #expect(names.count >= 5)
        for name in names {
            // Templates have places to be filled in, and are no configurations yet.
            let lines = try Files.text(Path.join(configs, name)).split(separator: "\n")
            let line = try #require(lines.first { $0.contains("model_source:") })
            let source = line.split(separator: ":")[1].split(separator: "#")[0].filter { $0 != " " }
            #expect(ModelVersion(spelled: source) != nil, "\(name): \(source)")
        }
    }
    @Test func `every version is published as a folder or a file`() {
        for version in ModelVersion.allCases {
            #expect(!version.published.isEmpty && ModelVersion(spelled: version.rawValue) == version)
        }
    }

    @Test(arguments: [
        ("ltxv 2b 0.9.5", "Models.download(\"LTXV_2B_0.9.5\")"),
        ("Lightricks/LTX-Video-0.9.9", "Models.download(\"Lightricks/LTX-Video-0.9.9\")"),
        (
            "https://huggingface.co/Lightricks/LTX-Video/blob/main/ltxv-2b-0.9.7.safetensors?download=true",
            "Models.download(\"Lightricks/LTX-Video\", { files = { \"ltxv-2b-0.9.7.safetensors\" } })"
        ),
        ("/nowhere/model", "Models.download, put"), ("models/mine", "Models.download, put"),
    ])
    func `a model that is not there is named with the line that fetches it`(source: String, line: String) throws {
        let error = #expect(throws: ModelFolderError.self) {
            try ModelFolder(finding: source, models: folder["none"])
        }
        #expect(error?.description.contains("fetch it with \(line)") == true, "\(error?.description ?? "")")
    }
}
