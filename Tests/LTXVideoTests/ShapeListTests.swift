import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

/// Full-size models take exactly the keys and shapes of the reference's classes (Tests/Fixtures/make_shape_lists.py).
@Suite struct ShapeListTests {
    @Test(arguments: ["vae-0.9.0", "vae-0.9.1", "vae-0.9.5"])
    func `a full-size VAE takes the reference's keys and shapes, and no other`(_ name: String) throws {
        let (weights, path) = try (weights(name), Fixture.path("shapes/\(name).json"))
        let vae = try VideoVAE(weights, VideoVAEConfiguration(json: Files.json(path), path: path))
        try weights.finish()
        #expect([vae.config.spatialCompression, vae.config.temporalCompression] == [32, 8])
    }

    @Test func `T5-XXL takes the reference's keys and shapes, and no other`() throws {
        let weights = try weights("t5-xxl"), path = Fixture.path("shapes/t5-xxl.json")
        let encoder = try T5Encoder(weights, T5Configuration(json: Files.json(path), path: path))
        try weights.finish()
        #expect(encoder.config == T5Configuration())
    }

    @Test(arguments: [
        ("transformer-2b", TransformerConfiguration.ltxv2B), ("transformer-13b", TransformerConfiguration.ltxv13B),
    ])
    func `a full-size transformer takes the reference's keys and shapes, and no other`(
        _ name: String, _ expected: TransformerConfiguration
    ) throws {
        let weights = try weights(name), path = Fixture.path("shapes/\(name).json")
        let transformer = try Transformer(weights, TransformerConfiguration(json: Files.json(path), path: path))
        try weights.finish()
        #expect(transformer.configuration == expected)
    }

    @Test func `one key less, one key more and one length off are named`() throws {
        let path = Fixture.path("shapes/vae-0.9.5.json"), key = "decoder.mid_block.resnets.0.conv1.conv.weight"
        let config = try VideoVAEConfiguration(json: Files.json(path), path: path)
        var tensors = try tensors("vae-0.9.5")
        let kernel = try #require(tensors[key])
        tensors[key] = nil
        #expect(throws: WeightsError.self) {
            try VideoVAE(Weights(tensors, source: "x", policy: WeightPolicy(on: .meta)), config)
        }
        tensors[key] = try Tensor.empty([kernel.size(0), 7, 3, 3, 3], device: .meta)
        let error = #expect(throws: WeightsError.self) {
            try VideoVAE(Weights(tensors, source: "x", policy: WeightPolicy(on: .meta)), config)
        }
        #expect(error?.key == key)
        tensors[key] = kernel
        tensors["decoder.extra"] = kernel
        let weights = Weights(tensors, source: "x", policy: WeightPolicy(on: .meta))
        _ = try VideoVAE(weights, config)
        #expect(throws: WeightsError.self) { try weights.finish() }
    }

    private func weights(_ name: String) throws -> Weights {
        Weights(try tensors(name), source: name, policy: WeightPolicy(on: .meta))
    }
    /// One tensor without memory a key.
    private func tensors(_ name: String) throws -> [String: Tensor] {
        try ShapeList.read(Fixture.path("shapes/\(name).txt")).mapValues { try Tensor.empty($0, device: .meta) }
    }
}
