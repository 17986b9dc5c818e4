import Media

/// The pictures of a video in order, at its own rate or at another one: then the picture that is shown at each time.
struct PictureSequence {
    private let reader: FrameReader, fps: Double?, lasting: Double
    private var current: Frame?, upcoming: Frame?
    private var number = 0

    /// - Parameter fps: pictures a second; `nil` for every picture as it comes.
    init(_ file: VideoFile, fps: Double?) throws {
        reader = try FrameReader(file)
        self.fps = file.isImage ? nil : fps
        lasting = 1 / max(file.fps, 1e-6)
    }

    /// How many there are at a rate, of a video of `count` pictures.
    static func count(_ count: Int, of file: VideoFile, fps: Double?) -> Int {
        guard let fps, !file.isImage else { return count }
        let seconds = file.isVariableRate ? file.duration : Double(count) / max(file.fps, 1e-6)
        return Int((seconds * fps - 1e-6).rounded(.up))
    }

    mutating func next() throws -> Frame? {
        guard let fps else { return try reader.next() }
        let time = Double(number) / fps
        if current == nil { (current, upcoming) = (try reader.next(), try reader.next()) }
        while let next = upcoming, next.time <= time + 1e-6 { (current, upcoming) = (next, try reader.next()) }
        guard let current, upcoming != nil || time < current.time + lasting - 1e-6 else { return nil }
        number += 1
        return current
    }
}
