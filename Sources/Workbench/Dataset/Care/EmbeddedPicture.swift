import struct Foundation.Data
import Media

/// Pictures that are part of a page.
enum EmbeddedPicture {
    /// The middle of a video as a URL that holds it; nil for one that cannot be read.
    static func url(of file: VideoFile) -> String? {
        (try? file.stills(1, width: 320, height: 320).first).flatMap { try? StillImage.jpeg.encode($0, quality: 80) }
            .map { "data:image/jpeg;base64,\(Data($0).base64EncodedString())" }
    }
}
