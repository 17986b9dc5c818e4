import Base
import LTXVideo
import NN
import Testing

/// The published config.json files, and diffusers' and transformers' defaults (Tests/Fixtures/make_published.py).
@Suite struct PublishedConfigurationTests {
    private let json: JSON

    init() throws { json = try Files.json(Fixture.path("published.json")) }

    private func check<Configuration: ModelConfiguration & Equatable>(
        _ part: String, _ type: Configuration.Type, keys count: [String: Int],
        _ isExpected: (String, Configuration) -> Bool
    ) throws {
        let defaults = try #require(json[part]?["defaults"]?.object)
        let configs = try #require(json[part]?["configs"]?.object)
        #expect(configs.members.count == count.count)
        for (name, config) in configs.members {
            let object = try #require(config.object)
            #expect(object.members.count == count[name], "\(name)")
            let read = try Configuration(json: config, path: name)
            #expect(isExpected(name, read), "\(name): \(read)")
            var whole = defaults
            for (key, value) in object.members { whole[key] = value }
            #expect(try Configuration(json: .object(whole), path: name) == read, "\(name)")
            // Every key that is left out counts as the default.
            for (key, value) in defaults.members {
                var without = whole, stated = whole
                (without[key], stated[key]) = (nil, value)
                let first = Result { try Configuration(json: .object(without), path: name) }
                let second = Result { try Configuration(json: .object(stated), path: name) }
                switch (first, second) {
                case (.success(let a), .success(let b)): #expect(a == b, "\(name) without \(key)")
                case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)", "\(name) without \(key)")
                default: Issue.record("\(name) without \(key): \(first), \(second)")
                }
            }
        }
    }

    @Test func `published VAEs have diffusers' defaults where they say nothing`() throws {
        try check("vae", VideoVAEConfiguration.self, keys: ["vae-0.9.0": 14, "vae-0.9.1": 21, "vae-0.9.5": 25]) {
            name, config in
            config.isTimed == (name != "vae-0.9.0") && config.isSecondEncoder == (name == "vae-0.9.5")
                && [config.spatialCompression, config.temporalCompression] == [32, 8]
        }
    }
    @Test func `published transformers are the 2B and the 13B model`() throws {
        try check("transformer", TransformerConfiguration.self, keys: ["transformer-2b": 17, "transformer-13b": 17]) {
            $1 == ($0 == "transformer-2b" ? .ltxv2B : .ltxv13B)
        }
    }
    @Test func `published text encoders are T5 XXL`() throws {
        try check("t5", T5Configuration.self, keys: ["text-encoder": 22, "t5-v1_1-xxl": 17]) { $1 == T5Configuration() }
    }
}
