import Base
import Media

/// Clips that a call cannot use, with their reasons. Every call that reads pictures has the same policy: it goes on without
/// them and names them all at once, or is ended by them where it was asked to be strict.
struct LeftOut {
    private(set) var errors: [any UserError] = []
    var isEmpty: Bool { errors.isEmpty }

    mutating func add(_ error: any UserError) { errors.append(error) }

    /// Whether an error is a file's own, so that the next file may do.
    static func isOfOneFile(_ error: any UserError, _ path: String) -> Bool {
        switch error {
        case let error as MediaError: error.isOfItsFile
        case is FileError: error.path == path
        case DatasetError.outside: true
        default: false
        }
    }

    /// Names them to the monitor. Throws instead where that is asked for, or nothing else is there.
    func settle(strict: Bool, rest: Int, _ monitor: Monitor) throws {
        guard let first = errors.first else { return }
        if strict || rest == 0 { throw errors.count == 1 ? first : DatasetError.unreadable(errors.map(\.description)) }
        if errors.count == 1 { return monitor.note("\(first); left out") }
        let lines = errors.prefix(Self.mostLines).map { "\n  \($0)" }.joined()
        let more = errors.count > Self.mostLines ? "\n  and \(errors.count - Self.mostLines) more" : ""
        monitor.note("\(errors.count) clips cannot be read and are left out:\(lines)\(more)")
    }
    private static let mostLines = 12
}

extension Dataset {
    /// The clips of the dataset or view whose pictures can be read, with their files' facts. A video is looked at down to its
    /// first picture.
    ///
    /// The others are named as `LeftOut` does. Throws `Cancelled`, and with `strict`, or when all are unreadable, why.
    func readable(
        strict: Bool, _ monitor: Monitor, where isWanted: (Clip) -> Bool = { _ in true }
    ) throws -> [(clip: Clip, file: VideoFile)] {
        var leftOut = LeftOut()
        let found = try clips.filter(isWanted).compactMap { clip -> (clip: Clip, file: VideoFile)? in
            try monitor.checkpoint()
            do { return (clip, try clip.readableMedia()) } catch let error as any UserError
                where LeftOut.isOfOneFile(error, clip.path)
            {
                leftOut.add(error)
                return nil
            }
        }
        try leftOut.settle(strict: strict, rest: found.count, monitor)
        return found
    }
}
