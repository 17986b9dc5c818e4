import Base
import Configuration
import LTXVideo

/// Settings of sampling that go together.
struct SamplingPreset {
    var steps = 50
    /// One value, or one for each of `guidanceTimesteps`.
    var guidance = [3.5], stgScale = [0.0], stgBlocks: [[Int]] = [[]], rescale = [1.0]
    /// The noise levels from which on each of several guidances counts.
    var guidanceTimesteps: [Double]?
    var isStar = false
    var spacing = NoiseSpacing.linearQuadratic, isStochastic = false
    var decodeTimestep = 0.0, decodeNoise = 0.0

    /// What upstream's validation does, but for what a model's files say.
    init(_ said: ModelSampling) {
        steps = said.steps ?? steps
        guidance = [said.guidance ?? guidance[0]]
        (spacing, isStochastic) = (said.spacing, said.isStochastic)
        (decodeTimestep, decodeNoise) = (said.decodeTimestep, said.decodeNoise)
    }

    /// What Lightricks publishes for a version (configs/*.yaml of its inference code). Of the 13B models' two passes the
    /// first: the second belongs to an upscaled video.
    init(published version: ModelVersion, _ said: ModelSampling) {
        self.init(said)
        guard !version.isDistilled else { return }
        (decodeTimestep, decodeNoise) = (0.05, 0.025)
        guard version.is13B else {
            (steps, guidance, stgScale, stgBlocks, rescale) = (40, [3], [1], [[19]], [0.7])
            return
        }
        steps = 30
        guidanceTimesteps = [1.0, 0.996, 0.9933, 0.985, 0.9767, 0.9008, 0.618]
        guidance = [1, 1, 6, 8, 6, 1, 1]
        stgScale = [0, 0, 4, 4, 4, 2, 1]
        stgBlocks = [[], [11, 25, 35, 39], [22, 35, 39], [28], [28], [28], [28]]
        rescale = [1, 1, 0.5, 0.5, 1, 1, 1]
        isStar = true
    }
}

extension ModelFolder {
    /// The version that the model's name says it is; nil for another name.
    var version: ModelVersion? {
        let name = ModelVersion.letters(Path.name(identity))
        return ModelVersion.allCases.first { version in
            ModelVersion.letters(version.rawValue) == name
                || version.published.contains { ModelVersion.letters($0) == name }
        }
    }

    /// What the model's files say of how it wants to be sampled, and what its version is known for. Throws for files that
    /// cannot be read or ask for what is not implemented.
    func sampling() throws -> ModelSampling {
        let file = Path.join(part("scheduler"), "scheduler_config.json")
        var said = ModelSampling()
        if let checkpoint {
            said = try SingleFileCheckpoint(checkpoint).sampling()
        } else if Files.exists(file) {
            said.spacing = try NoiseSpacing(scheduler: Files.json(file), path: file)
        }
        guard let version, version.isDistilled, said.steps == nil else { return said }
        return ModelSampling(distilled: version == .v096Distilled ? nil : ModelSampling.distilledLevels)
    }

    func preset(_ name: SampleOptions.Preset) throws -> SamplingPreset {
        let said = try sampling()
        switch name {
        case .trainer: return SamplingPreset(ModelSampling())
        case .published:
            guard let version else { throw SamplingOptionError.noPreset(Path.name(identity)) }
            return SamplingPreset(published: version, said)
        }
    }
}
