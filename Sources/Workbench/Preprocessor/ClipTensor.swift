import Media
import Torch

/// Frames of a file as the trainer's preprocessing brings them to size.
enum ClipTensor {
    /// The first frames of a video (or an image), (1, 3, frames, height, width) in [-1, 1], fp32. Returns nil when the
    /// video has fewer frames.
    static func read(_ file: VideoFile, size: VideoSize) throws -> Tensor? {
        var pictures = try ClipPictures(file, size: size, [FrameSelection.Stretch(0, size.frames)])
        return try pictures.next()
    }

    /// (3, height, width) in [-1, 1]: scaled to cover the size (bicubic with antialiasing), cropped in the middle and clamped.
    static func fitted(_ frame: Frame, width: Int, height: Int) throws -> Tensor {
        let (w, h) = (frame.width, frame.height)
        let pixels = try Tensor(frame.pixels, shape: [h, w, frame.channels]).permuted(2, 0, 1)
        let colour = try frame.channels == 1 ? pixels.expanded([3, h, w]) : pixels
        // Integer product, one division, truncation: the long side is never shorter than the target.
        let isWide = Double(w) / Double(h) > Double(width) / Double(height)
        let (scaledWidth, scaledHeight) = isWide ? (w * height / h, height) : (width, h * width / w)
        let scaled = try (colour.to(.float32) / 255).unsqueezed(0).resized(height: scaledHeight, width: scaledWidth)
            .squeezed(0)
        let top = (scaledHeight - height) / 2, left = (scaledWidth - width) / 2
        let cropped = try scaled.slice(1, top..<top + height).slice(2, left..<left + width)
        return try (cropped.clamped(0, 1) - 0.5) / 0.5
    }

    /// A decoded video (1, 3, frames, height, width) about [0, 1] as frames of 8-bit RGB.
    static func frames(_ video: Tensor) throws -> [Frame] {
        let bytes = try (video.to(.float32).clamped(0, 1) * 255).rounded().to(.uint8).squeezed(0).permuted(1, 2, 3, 0)
            .to(.cpu).contiguous()
        let (height, width) = (bytes.size(1), bytes.size(2))
        return try (0..<bytes.size(0)).map { place in
            let pixels = try bytes.select(0, place).contiguous().withBytes { Array($0) }
            return Frame(width: width, height: height, pixels: pixels, index: place)
        }
    }
}
