import Base
import Foundation
import Hub
import Media

// MARK: Showing clips

/// What was made of a clip, and what has to be forgotten at the server afterwards.
struct ShownClip: Sendable {
    var parts: ClipParts
    /// The id of an upload.
    var upload: String?
    /// Encoded again with evenly spaced frames.
    var isSteady = false
    /// How clips were to be sent when this was made.
    var wanted = Sending.frames
}

extension APICaptioner {
    /// The clip as the server takes it, as far as that is known. Throws `MediaError`, `FileError` or `APIFailure`.
    func show(_ file: VideoFile, fps: Double?, _ control: CaptionControl) throws -> ShownClip {
        let dialect = state.withLock { $0.dialect }, count = frameCount(of: file, fps: fps)
        var shown =
            switch file.isImage ? .frames : dialect.sending {
            case .frames: ShownClip(parts: try .frames(of: file, count: count, size: frameSize))
            case .grid: ShownClip(parts: try .grid(of: file, count: count, size: frameSize))
            case .clip: try showWhole(file, isSteady: dialect.reencodes, control)
            }
        shown.wanted = dialect.sending
        return shown
    }
    private func showWhole(_ file: VideoFile, isSteady: Bool, _ control: CaptionControl) throws -> ShownClip {
        let bytes = try isSteady ? SteadyClip.bytes(of: file) : Files.read(file.path)
        let most = preset.takesFiles ? ClipParts.largestUpload : ClipParts.largestInline
        guard bytes.count <= most else {
            throw APIFailure(
                .tooLarge, "'\(file.path)' has \(ByteCount(bytes.count)), and \(ByteCount(most)) can be sent whole",
                host: endpoint.host, hint: "send = \"frames\" shows some of its frames")
        }
        if bytes.count <= ClipParts.largestInline {
            return ShownClip(parts: .clip(bytes, path: isSteady ? "clip.mp4" : file.path), isSteady: isSteady)
        }
        let id = try upload(bytes, named: Path.name(file.path), control)
        return ShownClip(parts: .clip(address: "ms://\(id)"), upload: id, isSteady: isSteady)
    }
    /// An upload counts against the account until it is deleted, also when the answer failed or was not waited for.
    func forget(_ shown: ShownClip) {
        guard let id = shown.upload else { return }
        var request = HTTPRequest("DELETE", endpoint.appending("files/\(id)"))
        request.timeout = 10
        _ = try? perform(request, CaptionControl())
    }
    private func upload(_ bytes: [UInt8], named name: String, _ control: CaptionControl) throws -> String {
        var request = HTTPRequest("POST", endpoint.appending("files"))
        let form = MultipartForm(["purpose": "video"], file: name, type: "video/mp4", bytes)
        request.headers = [("Content-Type", form.contentType)]
        (request.body, request.timeout) = (form.body, max(timeout, 600))
        let response = try perform(request, control)
        if let failure = APIFailure(response, sent: [], host: endpoint.host, masking: key) { throw failure }
        let id = (try? JSON(parsing: response.body))?["id"]?.string ?? ""
        guard !id.isEmpty, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }) else {
            throw APIFailure(.malformed, "the upload got no id", host: endpoint.host, status: response.status)
        }
        return id
    }
}

/// A clip encoded again with evenly spaced frames, for servers whose decoder stumbles over variable rates.
enum SteadyClip {
    static func bytes(of file: VideoFile) throws -> [UInt8] {
        let rate = min(max(1, file.fps.rounded()), 30)
        let folder = NSTemporaryDirectory(), path = Path.join(folder, "ltxsh-\(UInt64.random(in: 0 ... .max)).mp4")
        defer { Files.remove(path) }
        let times = stride(from: 0, to: max(file.duration, 0.5 / rate), by: 1 / rate)
        let reader = try FrameReader(file)
        var held = try reader.next(), next = try reader.next()
        try VideoWriter.write(to: path, VideoWriter.Options(rate: Rational(Int(rate)), crf: 20, preset: "veryfast")) {
            writer in
            for time in times {
                while let after = next, after.time <= time + 1e-6 { (held, next) = (after, try reader.next()) }
                if let held { try writer.append(held) }
            }
        }
        return try Files.read(path)
    }
}
