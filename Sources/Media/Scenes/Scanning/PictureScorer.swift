import CMedia

/// Scores pictures against each other. One thread at a time.
final class PictureScorer {
    let width: Int, height: Int
    private let scorer: OpaquePointer
    private let file: VideoFile

    init(_ file: VideoFile, _ options: ScanOptions) throws {
        self.file = file
        // As stored, as PySceneDetect has them.
        (width, height) = options.size(width: file.codedWidth, height: file.codedHeight)
        // PySceneDetect's size of the square that edges are widened with.
        let side = 4 + Int((Double(width * height).squareRoot() / 192).rounded(.toNearestOrEven))
        let kernel = options.edges ? options.kernelSize ?? side | 1 : 0
        // A fast scan has none for the detectors that need these.
        let (bins, hashSize) = options.fast ? (0, 0) : (options.bins, options.hashSize)
        guard
            let scorer = cm_scorer_new(Int32(bins), Int32(hashSize), Int32(options.lowpass), Int32(kernel))
        else { throw MediaError.unsupported(path: file.path, what: "no memory for the scores") }
        self.scorer = scorer
    }
    deinit { cm_scorer_free(scorer) }

    /// What scores of a picture are made from. Throws `MediaError`.
    func describe(_ frame: UnsafePointer<AVFrame>) throws -> PictureSignature {
        var result: OpaquePointer?
        let code = cm_describe(scorer, frame, Int32(file.orientation), Int32(width), Int32(height), &result)
        guard code == 0, let result else {
            throw MediaError.unreadable(
                path: file.path, reason: "its pictures cannot be scored (\(MediaInput.reason(code)))")
        }
        return PictureSignature(result)
    }

    /// The scores of a picture after another; with none before it, no differences.
    func scores(_ before: PictureSignature?, _ after: PictureSignature) -> cm_scores {
        cm_compare(scorer, before?.pointer, after.pointer)
    }
}

/// What is kept of a picture to score another one against it.
///
/// `@unchecked Sendable`: C only reads it once it is made.
final class PictureSignature: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Owns the signature.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { cm_signature_free(pointer) }
}
