import Base
import NN

/// The sizes of a language model built as Llama is, and what tells its relatives from it. Defaults: Llama's 7B.
public struct DecoderConfiguration: Sendable, Equatable {
    public var vocabulary = 32000, width = 4096, hidden = 11008, layers = 32
    /// Heads that ask, those that are asked, and the channels of each.
    public var heads = 32, sources = 32, headSize = 128
    /// Of its norms.
    public var epsilon = 1e-6
    /// How slowly the slowest pair of channels turns, and what positions are divided by.
    public var base = 10000.0, factor = 1.0
    /// Pairs of channels that turn by time, by row and by column; empty: all by time.
    public var sections: [Int] = []
    /// The three take turns, pair by pair; otherwise they follow each other.
    public var isInterleaved = false
    /// Queries, keys and values have a bias.
    public var hasBias = false
    /// Queries and keys are normalised, head by head.
    public var normsHeads = false
    /// The output is the table of tokens itself.
    public var isTied = false
    /// Tokens that it was trained on at a time.
    public var context = 2048

    /// Reads the text part of a `config.json`; what it leaves out stays as it is.
    mutating func read(_ json: JSON, _ path: String) throws {
        let text = ModelConfigurationReader(json, path: path)
        vocabulary = try text.int("vocab_size", vocabulary)
        width = try text.int("hidden_size", width)
        hidden = try text.int("intermediate_size", hidden)
        layers = try text.int("num_hidden_layers", layers, atMost: 1024)
        heads = try text.int("num_attention_heads", heads)
        sources = try text.int("num_key_value_heads", sources)
        headSize = try text.int("head_dim", width % heads == 0 ? width / heads : headSize)
        epsilon = try text.number("rms_norm_eps", epsilon)
        context = try text.int("max_position_embeddings", context)
        try text.require("hidden_act", "silu")
        if !hasBias {
            try text.require("attention_bias", false)
            try text.require("mlp_bias", false)
        }
        try readTurns(json["rope_scaling"].flatMap { $0.isNull ? nil : $0 } ?? json["rope_parameters"], text, path)
        func refuse(_ key: String, _ found: String, _ supported: String) -> ModelConfigurationError {
            .unsupported(path, key: key, found: found, supported: supported)
        }
        guard heads % sources == 0 else {
            throw refuse("num_attention_heads", "\(heads)", "a multiple of num_key_value_heads")
        }
        guard headSize % 2 == 0 else { throw refuse("head_dim", "\(headSize)", "an even number") }
        guard sections.isEmpty || sections.count == 3 && sections.reduce(0, +) * 2 == headSize else {
            throw refuse("mrope_section", "\(sections)", "three numbers that add up to half of \(headSize)")
        }
    }
    private mutating func readTurns(_ json: JSON?, _ text: ModelConfigurationReader, _ path: String) throws {
        base = try text.number("rope_theta", json?["rope_theta"]?.number ?? base)
        guard let json, !json.isNull else { return }
        let rotary = ModelConfigurationReader(json, path: path)
        switch json["rope_type"]?.string ?? json["type"]?.string ?? "default" {
        case "default", "mrope": break
        case "linear": factor = try rotary.number("factor", factor)
        case let type:
            throw ModelConfigurationError.unsupported(
                path, key: "rope_type", found: type, supported: "default, linear or mrope")
        }
        if !sections.isEmpty { sections = try rotary.ints("mrope_section", sections) }
        isInterleaved = try rotary.bool("mrope_interleaved", isInterleaved)
    }
    /// Which of time, row and column each pair of channels turns by.
    var axes: [Int] {
        guard !sections.isEmpty else { return Array(repeating: 0, count: headSize / 2) }
        if !isInterleaved { return sections.enumerated().flatMap { Array(repeating: $0, count: $1) } }
        var axes = [Int](repeating: 0, count: headSize / 2)
        for axis in 1...2 {
            for pair in stride(from: axis, to: min(sections[axis] * 3, axes.count), by: 3) { axes[pair] = axis }
        }
        return axes
    }
}
