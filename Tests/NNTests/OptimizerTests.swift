import Base
import NN
import Testing
import Torch

@Suite struct OptimizerTests {
    /// The parameters of one list of values, as leaves.
    private func start(_ entry: JSON) throws -> [Parameter] {
        let dtype = try entry.dtype(), values = try #require(entry["start"]?.array)
        return try zip(shapes(entry), values).enumerated().map { place, pair in
            Parameter("p\(place)", try pair.1.tensor(pair.0, dtype).trainable())
        }
    }
    private func shapes(_ entry: JSON) throws -> [[Int]] {
        try #require(entry["shapes"]?.array).map { try #require($0.array).map { try #require($0.integer) } }
    }
    private func give(_ step: JSON, to parameters: [Parameter]) throws {
        for (parameter, values) in zip(parameters, try #require(step["gradients"]?.array)) where !values.isNull {
            try parameter.tensor.setGradient(values.tensor(parameter.tensor.shape, parameter.tensor.dtype))
        }
    }

    @Test func `clipping and AdamW move parameters as torch does, and an update that is not finite does nothing`()
        throws
    {
        for entry in try Values().list("adamw") {
            let dtype = try entry.dtype(), parameters = try start(entry)
            let optimizer = try AdamW(parameters, weightDecay: 0.05, betas: (0.8, 0.95), epsilon: 1e-6)
            for (number, step) in try #require(entry["steps"]?.array).enumerated() {
                try give(step, to: parameters)
                let clip = try GradientClip.apply(to: parameters, maxNorm: 0.5)
                if let norm = step["norm"]?.number {
                    // One unit in the last place: the sum of squares is taken in another order.
                    #expect(abs(try clip.norm.item() - norm) <= norm * (dtype == .bfloat16 ? 0x1p-8 : 1e-6))
                    #expect(try clip.notFinite.item() == 0)
                } else {
                    #expect(try clip.notFinite.item() == 1)
                }
                #expect(clip.notFinite.dtype == .float32)
                try optimizer.update(rate: 1e-2, skip: clip.notFinite)
                for (parameter, values) in zip(parameters, try #require(step["parameters"]?.array)) {
                    let expected = try values.tensor(parameter.tensor.shape, dtype)
                    let difference = try (parameter.tensor.detached() - expected).abs().max().item()
                    #expect(difference <= (dtype == .bfloat16 ? 0 : 2e-7), "\(dtype), step \(number)")
                }
                let state = optimizer.state
                #expect(try (0..<3).map { try state["p\($0).step"]?.itemInt() } == step.ints("counts"))
                #expect(try parameters[0].tensor.gradient() != nil, "neither clears the gradients")
                try parameters.clearGradients()
                #expect(try parameters.allSatisfy { try $0.tensor.gradient() == nil })
            }
        }
    }

    @Test func `any number that is not zero skips`() throws {
        let entry = try #require(Values().list("adamw").first), parameters = try start(entry)
        let optimizer = try AdamW(parameters), before = try parameters.map { try $0.tensor.detached().cloned() }
        try give(#require(entry["steps"]?.array?[0]), to: parameters)
        try optimizer.update(rate: 1, skip: Tensor.full([], 2))
        for (parameter, old) in zip(parameters, before) { #expect(try parameter.tensor.isEqual(to: old)) }
        #expect(try optimizer.state["p0.step"]?.item() == 0)
        try optimizer.update(rate: 1, skip: Tensor.zeros([]))
        #expect(try !parameters[0].tensor.isEqual(to: before[0]))
    }

    @Test func `without gradients nothing moves and the norm is 0`() throws {
        let parameters = try start(#require(Values().list("adamw").first)), optimizer = try AdamW(parameters)
        let before = try parameters[0].tensor.detached().cloned()
        let clip = try GradientClip.apply(to: parameters, maxNorm: 1)
        try optimizer.update(rate: 1, skip: clip.notFinite)
        #expect(try clip.norm.item() == 0 && clip.notFinite.item() == 0)
        #expect(try parameters[0].tensor.isEqual(to: before))
    }

    @Test func `the norms name the parameter that is not finite, and a loss that is not finite is found too`() throws {
        let entry = try #require(Values().list("adamw").first), steps = try #require(entry["steps"]?.array)
        let parameters = try start(entry), bad = try Tensor.full([], -.infinity), fine = try Tensor.full([], 3)
        try give(steps[4], to: parameters)
        #expect(try GradientClip.apply(to: parameters, maxNorm: 1, loss: fine).notFinite.item() == 0)
        #expect(try GradientClip.apply(to: parameters, maxNorm: 1, loss: bad).notFinite.item() == 1)
        try parameters.clearGradients()
        #expect(try GradientClip.apply(to: parameters, maxNorm: 1, loss: bad).notFinite.item() == 1)
        // The bias has no gradient at this step; the first matrix has an infinite one.
        try give(steps[3], to: parameters)
        let clip = try GradientClip.apply(to: parameters, maxNorm: 1, loss: fine), norms = try clip.norms.floats()
        #expect(norms.count == 3 && norms[0] == .infinity && norms[1] > 0 && norms[1].isFinite && norms[2] == 0)
        #expect(try clip.notFinite.item() == 1)
        try parameters[1].tensor.setGradient(nil)
        try parameters[0].tensor.setGradient(nil)
        #expect(try GradientClip.apply(to: parameters, maxNorm: 1).norms.floats() == [0, 0, 0])
    }

    @Test func `a norm of 0 and below does not clip`() throws {
        let entry = try #require(Values().list("adamw").first), parameters = try start(entry)
        try give(#require(entry["steps"]?.array?[5]), to: parameters)
        let before = try #require(try parameters[0].tensor.gradient()).cloned()
        let clip = try GradientClip.apply(to: parameters, maxNorm: 0)
        #expect(try parameters[0].tensor.gradient()?.isEqual(to: before) == true)
        #expect(try clip.norm.item() > 600)
    }

    @Test func `a restored state goes on as if nothing had been`() throws {
        let entry = try #require(Values().list("adamw").first), steps = try #require(entry["steps"]?.array)
        func run(_ optimizer: AdamW, _ steps: ArraySlice<JSON>) throws {
            for step in steps where step["norm"]?.isNull == false {
                try give(step, to: optimizer.parameters)
                try optimizer.update(rate: 1e-2)
                try optimizer.parameters.clearGradients()
            }
        }
        let whole = try AdamW(start(entry))
        try run(whole, steps[...])
        let first = try AdamW(start(entry))
        try run(first, steps[..<3])
        let saved = try first.state.mapValues { try $0.cloned() }
        let second = try AdamW(first.parameters)
        try second.restore(saved)
        try run(second, steps[3...])
        for (a, b) in zip(whole.parameters, second.parameters) { #expect(try a.tensor.isEqual(to: b.tensor)) }
        #expect(saved.keys.sorted().prefix(3) == ["p0.exp_avg", "p0.exp_avg_sq", "p0.step"])
    }

    @Test func `a state of other parameters is refused and changes nothing`() throws {
        let entry = try #require(Values().list("adamw").first), optimizer = try AdamW(start(entry))
        var state = try optimizer.state.mapValues { try ($0 + 1) }
        state["p2.step"] = nil
        #expect { try optimizer.restore(state) } throws: { "\($0)".contains("lacks 'p2.step'") }
        state["p2.step"] = try Tensor.zeros([3])
        #expect { try optimizer.restore(state) } throws: { "\($0)".contains("'p2.step' in the shape [3], not []") }
        state["p2.step"] = try Tensor.zeros([])
        state["p3.step"] = try Tensor.zeros([])
        #expect { try optimizer.restore(state) } throws: { "\($0)".contains("'p3.step'") }
        #expect(try optimizer.state.values.allSatisfy { try $0.abs().max().item() == 0 })
    }

    /// Every optimizer there is, over the same parameters.
    private func all(_ entry: JSON) throws -> [(name: String, optimizer: any Optimizer)] {
        var adafactor = Adafactor.Options(), prodigy = Prodigy.Options()
        (adafactor.beta1, adafactor.scalesByParameter) = (0.9, true)
        (prodigy.correctsBias, prodigy.firstEstimate) = (true, 1e-3)
        return [
            ("AdamW", try AdamW(start(entry))), ("AdamW8bit", try AdamW8bit(start(entry))),
            ("Lion", try Lion(start(entry), weightDecay: 0.1)),
            ("Adafactor", try Adafactor(start(entry), weightDecay: 0.1, options: adafactor)),
            ("Prodigy", try Prodigy(start(entry), weightDecay: 0.1, options: prodigy)),
            ("MasterWeights", try MasterWeights(start(entry)) { try AdamW($0) }),
        ]
    }

    @Test func `an update that is left out changes neither parameters nor states, whatever the optimizer`() throws {
        for entry in try Values().list("adamw") {
            let steps = try #require(entry["steps"]?.array)
            for (name, optimizer) in try all(entry) {
                func update(_ step: JSON, skip: Double?) throws {
                    try give(step, to: optimizer.parameters)
                    try optimizer.takeGradients(times: nil)
                    try optimizer.update(rate: 1e-2, skip: skip.map { try Tensor.full([], $0) })
                    try optimizer.trained.clearGradients()
                }
                func everything() throws -> [String: Tensor] {
                    let parameters = optimizer.parameters.map { (name: "\($0.name).p", tensor: $0.tensor) }
                    return try Dictionary(
                        uniqueKeysWithValues: (optimizer.entries + parameters).map { ($0.name, $0.tensor) }
                    )
                    .mapValues { try $0.detached().cloned() }
                }
                try update(steps[0], skip: 0)
                let before = try everything()
                try update(steps[1], skip: 1)
                for (key, tensor) in try everything() {
                    #expect(try before[key]?.isEqual(to: tensor) == true, "\(name) \(key)")
                }
                try update(steps[1], skip: nil)
                let after = try everything()
                #expect(try before.contains { try after[$0.key]?.isEqual(to: $0.value) == false }, "\(name)")
            }
        }
    }

    @Test func `copies in fp32 keep what bf16 would lose, and the decay too`() throws {
        func movement(_ make: ([Parameter]) throws -> any Optimizer) throws -> Double {
            let parameter = Parameter("p", try Tensor.full([64], 1, dtype: .bfloat16).trainable())
            let optimizer = try make([parameter])
            for _ in 0..<50 {
                try parameter.tensor.setGradient(Tensor.full([64], 1, dtype: .bfloat16))
                try optimizer.takeGradients(times: nil)
                try optimizer.update(rate: 1e-4, skip: nil)
            }
            return try 1 - parameter.tensor.detached().to(.float32).mean().item()
        }
        // 50 steps of 1e-4 are 5e-3, and so is a decay of 1; bf16's steps at 1 are 4e-3 and more, so that a single one is lost.
        #expect(try movement { try AdamW($0, weightDecay: 1) } == 0)
        let kept = try movement { try MasterWeights($0) { try AdamW($0, weightDecay: 1) } }
        #expect(abs(kept - 1e-2) < 4e-3)
    }
}
