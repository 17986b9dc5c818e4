import Base
import Glibc
import LTXVideo
import NN
import Testing
import Torch

/// What a damaged or foreign model folder says.
@Suite struct ModelLoadingTests {
    private let text = "models/0.9.5/text_encoder", vae = "models/0.9.5/vae"

    @Test func `a sharded folder keeps its dtype unless another is asked for`() throws {
        #expect(try T5Encoder.load(Fixture.path(text)).dtype == .bfloat16)
        #expect(try T5Encoder.load(Fixture.path(text), WeightPolicy(.float32)).dtype == .float32)
        #expect(try VideoVAE.load(Fixture.path(vae)).dtype == .bfloat16)
    }

    @Test func `a missing shard is named`() throws {
        let copy = try Fixture.Copy(text), shard = Path.join(copy.path, "model-00002-of-00002.safetensors")
        unlink(shard)
        #expect { try T5Encoder.load(copy.path) } throws: { "\($0)".contains("model-00002-of-00002") }
    }

    @Test func `a truncated shard is named`() throws {
        let copy = try Fixture.Copy(text), shard = Path.join(copy.path, "model-00001-of-00002.safetensors")
        let bytes = try Files.read(shard)
        for count in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
            try AtomicFile.write(bytes.prefix(count), to: shard)
            #expect { try T5Encoder.load(copy.path) } throws: { "\($0)".contains("model-00001-of-00002") }
        }
    }

    @Test func `a missing folder and a missing config are named`() throws {
        #expect(throws: FileError.self) { try VideoVAE.load("/nowhere/vae") }
        let copy = try Fixture.Copy(vae)
        unlink(Path.join(copy.path, "config.json"))
        #expect { try VideoVAE.load(copy.path) } throws: { "\($0)".contains("config.json") }
    }

    @Test(arguments: [
        ("text_encoder", "d_ff", JSON.integer(64), "wi_0"), ("text_encoder", "num_layers", .integer(3), "block.2"),
        ("text_encoder", "num_layers", .integer(1), "block.1"),
        ("text_encoder", "feed_forward_proj", .string("relu"), "feed_forward_proj"),
        ("text_encoder", "num_heads", .string("4"), "num_heads"),
        ("text_encoder", "relative_attention_num_buckets", .integer(30), "buckets"),
        ("vae", "latent_channels", .integer(8), "[9, "), ("vae", "patch_size_t", .integer(2), "patch_size_t"),
        ("vae", "down_block_types", .array([.string("X")]), "down_block_types"),
        ("vae", "downsample_type", .array([.string("sideways")]), "downsample_type"),
        ("vae", "decoder_layers_per_block", .array([.integer(1)]), "decoder_layers_per_block"),
        ("vae", "upsample_factor", .array([.integer(3), .integer(2), .integer(2)]), "upsample_factor"),
        ("vae", "block_out_channels", .array([.integer(0)]), "block_out_channels"),
        ("vae", "timestep_conditioning", .bool(false), "time_embedder"),
    ])
    func `a config that does not belong to the weights is named by its key or by the tensor`(
        _ part: String, _ key: String, _ value: JSON, _ named: String
    ) throws {
        let copy = try Fixture.Copy("models/0.9.5/\(part)"), path = Path.join(copy.path, "config.json")
        var config = try #require(try Files.json(path).object)
        config[key] = value
        try AtomicFile.write(JSON.object(config).text(), to: path)
        #expect {
            if part == "vae" { _ = try VideoVAE.load(copy.path) } else { _ = try T5Encoder.load(copy.path) }
        } throws: {
            "\($0)".contains(named)
        }
    }
}
