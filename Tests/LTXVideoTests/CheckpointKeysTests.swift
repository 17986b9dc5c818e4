import Base
import LTXVideo
import Testing

/// Against the reference's tiny checkpoints of each generation, whose tensors were paired by content.
@Suite struct CheckpointKeysTests {
    private static let path = Path.join(Path.folder(Path.folder(#filePath)), "Fixtures/checkpoint_keys.json")

    @Test(arguments: [
        ("2b-090", CheckpointKeys.Generation.v090), ("2b-091", .v091), ("2b-095", .v095),
    ])
    func `every tensor of a single file gets the name that diffusers gives it`(
        name: String, generation: CheckpointKeys.Generation
    ) throws {
        let fixture = try #require(try Files.json(Self.path)[name])
        let pairs = try ["transformer", "vae"].map { part in
            try #require(fixture[part]?.array).map { pair in
                (file: pair.array?.first?.string ?? "", diffusers: pair.array?.last?.string ?? "")
            }
        }
        // What other tools leave in such files: read by nobody.
        let statistics = ["mean-of-stds", "mean-of-stds_over_std-of-means", "channel"].map {
            "vae.per_channel_statistics.\($0)"
        }
        let names = CheckpointKeys.names(pairs.joined().map(\.file) + statistics)
        #expect(names.generation == generation)
        #expect(names.transformer == Dictionary(uniqueKeysWithValues: pairs[0].map { ($0.diffusers, $0.file) }))
        #expect(names.vae == Dictionary(uniqueKeysWithValues: pairs[1].map { ($0.diffusers, $0.file) }))
        #expect(pairs[0].count == 115 && pairs[1].count >= 90)
    }

    @Test func `blocks beyond the layout have no name`() {
        #expect(CheckpointKeys.vae("vae.encoder.down_blocks.99.conv.weight", .v095) == nil)
        #expect(CheckpointKeys.vae("vae.encoder.down_blocks.-1.conv.weight", .v095) == nil)
        #expect(
            CheckpointKeys.transformer("vae.x") == nil && CheckpointKeys.vae("model.diffusion_model.x", .v090) == nil)
    }
}
