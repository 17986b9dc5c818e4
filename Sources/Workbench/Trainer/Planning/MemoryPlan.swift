import Base
import Configuration
import LTXVideo
import Torch

/// What a training takes before anything of it is loaded: memory part by part, time, and what would make it fit.
public struct MemoryPlan: Sendable {
    /// What is planned, `auto` replaced by what it comes to.
    public let configuration: TrainingConfiguration
    /// Pixels and frames of the largest clips, such as `"768x448x89"`, and how many go through the model at once.
    public let size: String, batch: Int
    /// Tokens of such a clip.
    public let tokens: Int
    /// What lies on the device during an update, at its worst moment.
    public let parts: [Part]
    /// Bytes in host memory: of frozen blocks, and of what waits there for the backward pass.
    public let hostMemory: Int
    /// The most on the device when prompts are encoded for videos in between; nil when none are. What decoding a video takes is not in
    /// it.
    public let validation: Int?
    /// Bytes that the device has for it; nil when not known.
    public let room: Int?
    /// Floating-point operations of an update.
    public let operations: Double
    /// What `seconds` is reckoned with; nil when not known.
    public let speed: DeviceSpeed?
    /// Settings that would fit in `room`, the least far from what was asked for first; empty when it fits as it is.
    public let choices: [Choice]
    /// What training on several ranks adds; nil for one.
    public let ranks: RanksPlan?

    /// Ranks that average their gradients while an update's last micro-batch goes back.
    public struct RanksPlan: Sendable, Equatable {
        /// How many, and the gigabytes a second of the slowest link between them; nil when not known.
        public let count: Int, link: Double?
        /// Bytes of the gradients that are summed, and of the copies that the small ones among them are put together in.
        public let bytes: Int, buffer: Int
        /// What goes out of each rank in an update, by a ring (Patarasuk and Yuan 2009): sums, and what ranks share.
        public let traffic: Int
        /// What that takes, most of it while the rest is computed; nil when the link is not known.
        public let seconds: Double?

        init(_ count: Int, _ footprint: TrainingFootprint, dtype: DType, link: Double?) {
            (self.count, self.link) = (count, link)
            (bytes, buffer) = (dtype.size * footprint.parameters, dtype.size * footprint.copied)
            traffic = (count - 1) * (2 * bytes + footprint.gathered) / count
            seconds = link.map { [traffic] in Double(traffic) / ($0 * 1e9) }
        }
        /// How much of what so many devices could do is done at least, where an update computes for `seconds`.
        public func efficiency(computing seconds: Double) -> Double? { self.seconds.map { seconds / (seconds + $0) } }
    }
    /// One part of what is needed.
    public struct Part: Sendable, Equatable {
        /// `"transformer"`, `"adapters"`, `"optimizer"`, `"average"`, `"gradients"`, `"activations"`.
        public let name: String
        /// Of it, on the device.
        public let bytes: Int
        /// What makes it as large as it is, in a few words.
        public let setting: String
    }
    /// Other settings, and what they come to.
    public struct Choice: Sendable {
        /// The whole configuration.
        public let configuration: TrainingConfiguration
        /// Bytes on the device during an update.
        public let total: Int
        /// Of an update; nil when not known.
        public let seconds: Double?
        /// A smaller size that clips would have to be preprocessed with; nil when theirs will do.
        public let size: String?
    }

    /// Bytes on the device at the worst moment of an update.
    public var total: Int { parts.reduce(0) { $0 + $1.bytes } }
    /// Whether it fits, what validation needs included; nil when the room is not known.
    public var fits: Bool? { room.map { max(total, validation ?? 0) <= $0 } }
    /// Of an update, when products of matrices and attention are as fast as the device is and nothing else takes time.
    public var seconds: Double? { speed.map { operations / $0.operations } }
    /// The configuration that fits: this one, or the first of `choices`; nil when nothing does.
    public var proposal: TrainingConfiguration? { fits == false ? choices.first?.configuration : configuration }

    /// The keys that a choice changes, `"optimization.enable_gradient_checkpointing = true"` each, and the size.
    public func changes(_ choice: Choice) -> [String] {
        choice.configuration.differences(from: configuration).map { "\($0.key) = \($0.value.scalarText ?? "null")" }
            + (choice.size.map { ["clips of \($0)"] } ?? [])
    }
}
