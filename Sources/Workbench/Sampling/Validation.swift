import Base
import Configuration
import LTXVideo
import Media
import NN
import Torch

/// The videos that a run makes to show how far it has come (upstream `_sample_videos`): one for each prompt, from the same
/// seed, into `samples/step_000250_0.mp4` and on, and a sheet of all steps beside them.
///
/// It draws from generators of its own: a run goes on as if it had not been. Belongs to the run's thread.
final class Validation {
    private let model: ModelFolder, dtype: DType, device: Device, textPolicy: WeightPolicy
    /// Where the run's files are, and what the models are leased for.
    private let folder: String, user: String
    /// Prompts that are encoded; T5 is needed for new ones alone.
    private var texts: [String: TextCondition] = [:]

    /// `textPolicy`: how T5 is kept.
    init(
        _ model: ModelFolder, dtype: DType, device: Device, textPolicy: WeightPolicy, folder: String, user: String
    ) {
        (self.model, self.dtype, self.device, self.textPolicy) = (model, dtype, device, textPolicy)
        (self.folder, self.user) = (folder, user)
    }

    /// What became of the videos of one step.
    struct Videos: Equatable {
        /// Those that were written, by their place among the prompts'.
        var written: [Int: String] = [:]
        /// What went wrong with others.
        var notes: [String] = []
    }
    /// Makes videos of one step with the adapters that hang on the transformer, each rank the next one that nobody has taken when it is
    /// free.
    func sample(
        _ validation: TrainingConfiguration.Validation, _ transformer: Transformer, step: Int,
        _ ranks: any Ranks = OneRank(), monitor: Monitor
    ) -> Videos {
        var videos = Videos()
        do {
            let requests = try requests(validation, step: step)
            let turns = Turns(ranks, "validation/\(user)/\(step)")
            while case let place = try turns.next(), place < requests.count {
                do {
                    videos.written[place] = try sample(
                        requests[place], transformer, showsReference: true, monitor: monitor)
                } catch let error as Cancelled { throw error } catch {
                    videos.notes.append("video \(place) of step \(step) was not made: \(error); training goes on")
                }
            }
        } catch is Cancelled {} catch { videos.notes.append("\(error); training goes on") }
        return videos
    }

    /// Makes one video and writes it. Returns its path.
    func sample(
        _ options: SampleOptions, _ transformer: Transformer, showsReference: Bool = false, monitor: Monitor
    ) throws -> String {
        let generation = try VideoGeneration(options, of: model)
        try encode(generation.prompts, monitor)
        let lease = try model.lease(.vae, dtype: dtype, device: device, for: user)
        let frames = try generation.frames(
            transformer, lease.model(monitor), generation.prompts.compactMap { texts[$0] },
            showsReference: showsReference, monitor: monitor)
        return try options.write(frames)
    }

    private func encode(_ prompts: [String], _ monitor: Monitor) throws {
        let new = prompts.filter { texts[$0] == nil }
        guard !new.isEmpty else { return }
        let lease = try model.lease(.textEncoder, textPolicy, for: user)
        for (prompt, text) in zip(new, try lease.model(monitor).encode(prompts: new, monitor)) { texts[prompt] = text }
    }

    /// What upstream asks its pipeline for, prompt by prompt.
    private func requests(_ validation: TrainingConfiguration.Validation, step: Int) throws -> [SampleOptions] {
        let dims = validation.videoDims
        // The pipeline makes 8·n + 1 frames of any number.
        let size = try VideoSize(width: dims.width, height: dims.height, frames: (dims.frames - 1) / 8 * 8 + 1)
        let digits = String(step), name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        var requests: [SampleOptions] = []
        for (place, prompt) in validation.prompts.enumerated() {
            for number in 0..<validation.videosPerPrompt {
                let output = Path.join(folder, "samples/step_\(name)_\(requests.count).mp4")
                var options = SampleOptions(prompt: prompt, size: size, output: output)
                options.preset = .trainer
                options.schedule = .linearQuadratic
                options.negative = validation.negativePrompt
                (options.steps, options.guidance) = (validation.inferenceSteps, [validation.guidanceScale])
                options.seed = validation.seed &+ number
                options.image = validation.images.map { Path.expandingTilde($0[place]) }
                options.reference = validation.referenceVideos.map { Path.expandingTilde($0[place]) }
                requests.append(options)
            }
        }
        return requests
    }

    // MARK: The sheet

    /// `samples/samples.png`: a row for each step, of all of them or some spread evenly, and the middle of each video.
    func drawSheet() throws {
        let samples = Path.join(folder, "samples"), most = 20
        let names = try Files.list(samples).filter { $0.hasPrefix("step_") && $0.hasSuffix(".mp4") }.sorted()
        let rows = Dictionary(grouping: names) { $0.split(separator: "_").dropFirst().first.map(String.init) ?? "" }
        var steps = rows.keys.sorted()
        if steps.count > most {
            steps = (0..<most).map { steps[$0 * (steps.count - 1) / (most - 1)] }
        }
        let columns = steps.compactMap { rows[$0]?.count }.max() ?? 1
        var cells: [ContactSheet.Cell] = []
        for step in steps {
            let row = (rows[step] ?? []).sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }
            for name in row {
                // A file that somebody has taken away or is writing leaves an empty place.
                let middle = try? VideoFile(Path.join(samples, name)).stills(1, width: 240, height: 160)
                let label = "step \(Int(step) ?? 0)"
                cells.append(
                    ContactSheet.Cell(middle ?? [Picture(width: 240, height: 160, .grey).frame], labels: [label]))
            }
            let missing = columns - row.count
            cells += (0..<missing).map { _ in ContactSheet.Cell([], labels: []) }
        }
        let sheet = ContactSheet.draw(cells, columns: columns)
        try StillImage.write(sheet.frame, to: Path.join(samples, "samples.png"))
    }
}
