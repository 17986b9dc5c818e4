import CMedia
import Foundations

/// The fast scan; see `ScanOptions.fast`.
struct FastScan {
    private let file: VideoFile, options: ScanOptions
    init(_ file: VideoFile, _ options: ScanOptions) { (self.file, self.options) = (file, options) }

    func run(_ monitor: Monitor?) throws -> SceneScores {
        throw MediaError.unsupported(path: file.path, what: "fast scans are not here yet")
    }
}
