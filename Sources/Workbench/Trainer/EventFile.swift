import Base
import Foundation
import Glibc

/// The figures of a run as TensorBoard reads them: `events.out.tfevents.*` in the run's folder.
///
/// Format: TFRecord (length, its sum, a protocol buffer `Event`, its sum). A run that goes on begins another file, whose first record
/// takes back what was told of later steps.
struct EventFile {
    private let folder: String, start: Int
    private var path: String?

    /// Nothing is written yet. `after`: the step that the run goes on from.
    init(_ folder: String, after start: Int) { (self.folder, self.start) = (folder, start) }

    /// Adds finished steps; values that are not finite are left out. Throws `FileError`.
    mutating func add(_ steps: [Run.Step]) throws {
        try append(steps.map(Self.event))
    }
    /// Adds a held-out loss.
    mutating func add(_ evaluation: Run.Evaluation) throws {
        let levels = evaluation.levels.map { ("held_out/loss_at_\($0.sigma)", $0.loss) }
        try append([Self.event(evaluation.step, [("held_out/loss", evaluation.loss)] + levels)])
    }
    private mutating func append(_ messages: [Message]) throws {
        var bytes: [UInt8] = []
        if path == nil {
            bytes += Self.record(Message().number(1, Self.now).text(3, "brain.Event:2"))
            // SessionLog START: everything from this step on is told anew.
            bytes += Self.record(
                Message().number(1, Self.now).integer(2, start + 1).message(7, Message().integer(1, 1)))
        }
        for message in messages { bytes += Self.record(message) }
        let file = path ?? Self.newPath(in: folder)
        try Files.makeFolder(folder)
        try Files.append(bytes, to: file)
        path = file
    }

    private static func event(_ step: Run.Step) -> Message {
        var figures = [
            ("train/loss", step.loss), ("train/smooth_loss", step.smoothLoss),
            ("train/learning_rate", step.learningRate), ("train/grad_norm", step.gradientNorm),
            ("train/samples_per_second", step.samplesPerSecond),
        ]
        figures += step.levels.map { ("train/loss_at_\($0.sigma)", $0.loss) }
        if let memory = step.memory { figures.append(("train/memory_gb", Double(memory) / 1e9)) }
        return event(step.step, figures)
    }
    private static func event(_ step: Int, _ figures: [(String, Double)]) -> Message {
        let summary = figures.filter(\.1.isFinite).reduce(Message()) { summary, figure in
            summary.message(1, Message().text(1, figure.0).float(2, Float(figure.1)))
        }
        return Message().number(1, now).integer(2, step).message(5, summary)
    }
    private static var now: Double { Date().timeIntervalSince1970 }

    /// A name that comes after those that are there: TensorBoard reads them in the order of their names.
    private static func newPath(in folder: String) -> String {
        let mark = "events.out.tfevents."
        let times = ((try? Files.list(folder)) ?? []).compactMap { name in
            name.hasPrefix(mark) ? Int(name.dropFirst(mark.count).prefix { $0 != "." }) : nil
        }
        let time = max(Int(now), (times.max() ?? 0) + 1)
        return Path.join(folder, "\(mark)\(time).\(ProcessInfo.processInfo.hostName).\(getpid()).ltxsh")
    }

    static func record(_ message: Message) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(message.bytes.count).littleEndian) { Array($0) }
        func sum(_ bytes: [UInt8]) -> [UInt8] {
            withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
        }
        return length + sum(length) + message.bytes + sum(message.bytes)
    }

    /// A protocol buffer as it is put together: fields by number.
    struct Message {
        private(set) var bytes: [UInt8] = []

        func number(_ field: Int, _ value: Double) -> Message {
            adding(field, wire: 1, withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
        }
        func float(_ field: Int, _ value: Float) -> Message {
            adding(field, wire: 5, withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
        }
        func integer(_ field: Int, _ value: Int) -> Message { adding(field, wire: 0, Self.variable(value)) }
        func text(_ field: Int, _ value: String) -> Message { lengthy(field, Array(value.utf8)) }
        func message(_ field: Int, _ value: Message) -> Message { lengthy(field, value.bytes) }

        private func lengthy(_ field: Int, _ content: [UInt8]) -> Message {
            adding(field, wire: 2, Self.variable(content.count) + content)
        }
        private func adding(_ field: Int, wire: Int, _ content: [UInt8]) -> Message {
            var message = self
            message.bytes += Self.variable(field << 3 | wire) + content
            return message
        }
        private static func variable(_ value: Int) -> [UInt8] {
            var rest = UInt64(bitPattern: Int64(value)), out: [UInt8] = []
            while rest > 0x7F {
                out.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            return out + [UInt8(rest)]
        }
    }
}
