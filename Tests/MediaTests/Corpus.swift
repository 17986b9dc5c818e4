import Base
import Glibc
@testable import Media

/// Good, odd and bad media made by the ffmpeg command and by hand, each with what must come of reading it.
enum Corpus {
    /// What reading a file must come to.
    enum Outcome: Sendable {
        /// Every picture decodes.
        case video(frames: Int, width: Int, height: Int, rotation: Int = 0)
        /// One picture in an image format.
        case image(width: Int, height: Int)
        /// An error of a kind.
        case error(String)
        /// Up to so many pictures, or an error: a file cut off or damaged.
        case anything(upTo: Int)
    }
    /// How a file is made.
    enum Recipe: Sendable {
        /// ffmpeg's arguments before the name; `{base}` is the plain clip.
        case ffmpeg(String)
        case bytes(@Sendable (Fixture) throws -> [UInt8])
        case system(@Sendable (String, Fixture) -> Int32)
    }
    struct Item: Sendable {
        let name: String, recipe: Recipe, outcome: Outcome
    }

    /// Ten pictures of 48×32.
    static let base = "-f lavfi -i testsrc2=s=48x32:r=10:d=1"
    private static let plain = Outcome.video(frames: 10, width: 48, height: 32)
    private static func ffmpeg(_ name: String, _ arguments: String, _ outcome: Outcome = plain) -> Item {
        Item(name: name, recipe: .ffmpeg(arguments), outcome: outcome)
    }
    private static func bytes(
        _ name: String, _ outcome: Outcome, _ make: @escaping @Sendable (Fixture) throws -> [UInt8]
    ) -> Item { Item(name: name, recipe: .bytes(make), outcome: outcome) }
    private static func link(_ name: String, _ outcome: Outcome, _ make: @escaping @Sendable (String, Fixture) -> Int32)
        -> Item
    {
        Item(name: name, recipe: .system(make), outcome: outcome)
    }

    // MARK: What works

    static let good: [Item] = [
        ffmpeg("base.mp4", "\(base) -pix_fmt yuv420p -movflags +faststart"),
        ffmpeg("one.mp4", "\(base) -frames:v 1 -pix_fmt yuv420p", .video(frames: 1, width: 48, height: 32)),
        ffmpeg(
            "vfr.mp4", "\(base) -vf select=not(eq(n\\,3)+eq(n\\,4)+eq(n\\,7)) -fps_mode vfr -pix_fmt yuv420p",
            .video(frames: 7, width: 48, height: 32)),
        ffmpeg(
            "turned-90.mp4", "-i {base} -c copy -metadata:s:v rotate=270",
            .video(frames: 10, width: 32, height: 48, rotation: 90)),
        ffmpeg(
            "turned-180.mp4", "-i {base} -c copy -metadata:s:v rotate=180",
            .video(frames: 10, width: 48, height: 32, rotation: 180)),
        ffmpeg(
            "turned-270.mp4", "-i {base} -c copy -metadata:s:v rotate=90",
            .video(frames: 10, width: 32, height: 48, rotation: 270)),
        ffmpeg(
            "odd.mkv", "-i {base} -vf scale=17:33,setsar=1 -pix_fmt yuv444p", .video(frames: 10, width: 17, height: 33)),
        ffmpeg("dot.mkv", "-i {base} -vf scale=1:1,setsar=1 -c:v ffv1", .video(frames: 10, width: 1, height: 1)),
        ffmpeg("wide.mkv", "-i {base} -vf scale=4097:2 -c:v ffv1", .video(frames: 10, width: 4097, height: 2)),
        ffmpeg("ten-bit.mp4", "-i {base} -pix_fmt yuv420p10le"),
        ffmpeg(
            "pq.mkv", "-i {base} -pix_fmt yuv420p10le -color_trc smpte2084 -colorspace bt2020nc -color_primaries bt2020"
        ),
        ffmpeg(
            "hlg.mkv",
            "-i {base} -pix_fmt yuv420p10le -color_trc arib-std-b67 -colorspace bt2020nc -color_primaries bt2020"),
        ffmpeg("422.mp4", "-i {base} -pix_fmt yuv422p"),
        ffmpeg("444.mp4", "-i {base} -pix_fmt yuv444p"),
        ffmpeg("grey.mkv", "-i {base} -pix_fmt gray -c:v ffv1"),
        ffmpeg("twelve.mkv", "-i {base} -pix_fmt yuv444p12le -c:v ffv1"),
        ffmpeg("full.mp4", "-i {base} -pix_fmt yuvj420p -color_range pc"),
        ffmpeg("alpha.webm", "-i {base} -vf format=yuva420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ffmpeg("alpha.mov", "-i {base} -vf format=rgba -c:v png"),
        ffmpeg("interlaced.mpg", "-i {base} -r 25 -c:v mpeg2video -flags +ilme+ildct", .anything(upTo: 26)),
        ffmpeg(
            "anamorphic.mp4", "-i {base} -vf setsar=2/1 -pix_fmt yuv420p", .video(frames: 10, width: 96, height: 32)),
        ffmpeg("open-gop.mp4", "-i {base} -pix_fmt yuv420p -g 4 -bf 2 -x264-params open-gop=1"),
        ffmpeg("b-frames.mp4", "-i {base} -pix_fmt yuv420p -bf 3 -b_strategy 0"),
        ffmpeg("stream.ts", "-i {base} -c copy"),
        ffmpeg("late.ts", "-i {base} -c copy -output_ts_offset 80000"),
        ffmpeg("fragments.mp4", "-i {base} -c copy -movflags frag_keyframe+empty_moov"),
        ffmpeg("edit-list.mp4", "-ss 0.35 -i {base} -c copy", .anything(upTo: 10)),
        ffmpeg(  // x265 aborts on smaller pictures
            "hevc.mp4", "-i {base} -vf scale=96:64 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p",
            .video(frames: 10, width: 96, height: 64)),
        ffmpeg("av1.mkv", "-i {base} -c:v libaom-av1 -cpu-used 8 -crf 40 -pix_fmt yuv420p"),
        ffmpeg("vp8.webm", "-i {base} -c:v libvpx -deadline realtime"),
        ffmpeg("vp9.webm", "-i {base} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p"),
        ffmpeg("prores.mov", "-i {base} -c:v prores_ks"),
        ffmpeg("mpeg4.avi", "-i {base} -c:v mpeg4"),
        ffmpeg("mjpeg.avi", "-i {base} -c:v mjpeg -pix_fmt yuvj420p"),
        ffmpeg("raw.avi", "-i {base} -c:v rawvideo -pix_fmt bgr24"),
        ffmpeg("flash.flv", "-i {base} -c:v flv"),
        ffmpeg("windows.wmv", "-i {base} -c:v wmv2"),
        ffmpeg("theora.ogv", "-i {base} -c:v libtheora -g 1"),
        ffmpeg("raw.h264", "-i {base} -c copy -bsf:v h264_mp4toannexb -f h264"),
        ffmpeg("raw.y4m", "-i {base} -pix_fmt yuv420p"),
        ffmpeg("moving.gif", "-i {base}"),
        ffmpeg("sound-is-longer.mp4", "-i {base} -f lavfi -i sine=d=3 -c:v copy -c:a aac"),
        ffmpeg("still.png", "-i {base} -frames:v 1", .image(width: 48, height: 32)),
        ffmpeg("still.jpg", "-i {base} -frames:v 1", .image(width: 48, height: 32)),
        ffmpeg("still.webp", "-i {base} -frames:v 1 -c:v libwebp", .image(width: 48, height: 32)),
        ffmpeg("palette.png", "-i {base} -frames:v 1 -pix_fmt pal8", .image(width: 48, height: 32)),
        ffmpeg("deep.png", "-i {base} -frames:v 1 -pix_fmt rgba64be", .image(width: 48, height: 32)),
        bytes("a png named.mp4", .image(width: 48, height: 32)) { try Files.read($0.path("still.png")) },
        bytes("img%03d.png", .image(width: 48, height: 32)) { try Files.read($0.path("still.png")) },
        bytes("-i.mp4", plain) { try Files.read($0.path("base.mp4")) },
        bytes("http:x'\"\n猫🎬.mp4", plain) { try Files.read($0.path("base.mp4")) },
        bytes("no extension", plain) { try Files.read($0.path("base.mp4")) },
        bytes("a video named.png", plain) { try Files.read($0.path("base.mp4")) },
        link("link.mp4", plain) { symlink($1.path("base.mp4"), $0) },
        bytes("header-says-65535.mp4", .anything(upTo: 10)) {
            try patched($0.path("base.mp4"), "stsd", 44, [255, 255, 255, 255])
        },
        bytes("no-rate.avi", .anything(upTo: 10)) { try patched($0.path("mpeg4.avi"), "vids", 20, [0, 0, 0, 0]) },
        ffmpeg("small.ts", "-i {base} -vf scale=32:16,setsar=1 -pix_fmt yuv420p"),
        bytes("changes-size.ts", .anything(upTo: 20)) {
            try Files.read($0.path("stream.ts")) + Files.read($0.path("small.ts"))
        },
    ].map { item in
        // `small.ts` is material for the next one.
        item.name == "small.ts"
            ? Item(name: item.name, recipe: item.recipe, outcome: .video(frames: 10, width: 32, height: 16)) : item
    }

    // MARK: What does not

    static let bad: [Item] = [
        link("missing.mp4", .error("file.missing")) { _, _ in 0 },
        link("loop.mp4", .error("file.system")) { path, _ in symlink(path, path) },
        link("folder.mp4", .error("media.unreadable")) { path, _ in mkdir(path, 0o755) },
        link("pipe.mp4", .error("media.unreadable")) { path, _ in mkfifo(path, 0o644) },
        link("device.mp4", .error("media.unreadable")) { path, _ in symlink("/dev/zero", path) },
        link("sparse.mp4", .error("media.unreadable")) { path, _ in
            let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
            defer { close(descriptor) }
            return ftruncate(descriptor, 3 << 30)
        },
        bytes("empty.mp4", .error("media.unreadable")) { _ in [] },
        bytes("one-byte.mp4", .error("media.unreadable")) { _ in [65] },
        bytes("text.mp4", .error("media.unreadable")) { _ in Array("Just a text, and some more of it.\n".utf8) },
        bytes("page.mp4", .error("media.unreadable")) { _ in Array("<!DOCTYPE html><html>404</html>".utf8) },
        bytes("drawing.svg", .error("media.unreadable")) { _ in Array("<svg width='9' height='9'/>".utf8) },
        bytes("archive.mp4", .error("media.unreadable")) { _ in [0x50, 0x4B, 3, 4] + [UInt8](repeating: 7, count: 500)
        },
        bytes("noise.mp4", .error("media.unreadable")) { _ in
            var random = SplitMix64(seed: 7)
            return (0..<65536).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        },
        bytes("playlist.m3u8", .error("media.unreadable")) {
            Array("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n\($0.path("stream.ts"))\n#EXT-X-ENDLIST\n".utf8)
        },
        bytes("concat.mp4", .error("media.unreadable")) {
            Array("ffconcat version 1.0\nfile \($0.path("base.mp4"))\n".utf8)
        },
        bytes("only-ftyp.mp4", .error("media.unreadable")) { Array(try Files.read($0.path("base.mp4")).prefix(32)) },
        bytes("unknown-codec.mp4", .error("media.unreadable")) {
            try patched($0.path("base.mp4"), "stsd", 16, Array("zzzz".utf8))
        },
        ffmpeg("sound.m4a", "-f lavfi -i sine=d=1 -c:a aac", .error("media.no_video")),
        ffmpeg("sound.wav", "-f lavfi -i sine=d=1", .error("media.no_video")),
        ffmpeg("sound.mp4", "-f lavfi -i sine=d=1 -c:a aac", .error("media.no_video")),
        ffmpeg(
            "cover.mp3", "-f lavfi -i sine=d=1 -i {dir}/still.png -map 0 -map 1 -disposition:v:0 attached_pic",
            .error("media.no_video")),
        bytes("cut.png", .error("media.unreadable")) { Array(try Files.read($0.path("still.png")).dropLast(900)) },
        bytes("cut.jpg", .error("media.unreadable")) { Array(try Files.read($0.path("still.jpg")).dropLast(500)) },
        bytes("only-header.png", .error("media.unreadable")) { Array(try Files.read($0.path("still.png")).prefix(33)) },
        bytes("only-header.jpg", .error("media.unreadable")) { Array(try Files.read($0.path("still.jpg")).prefix(24)) },
        bytes("huge-header.png", .error("media.unreadable")) {
            try patched($0.path("still.png"), "IHDR", 4, [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
        },
        bytes("moving.webp", .error("media.unreadable")) { _ in
            Array("RIFF".utf8) + [34, 0, 0, 0] + Array("WEBPVP8X".utf8) + [10, 0, 0, 0, 2, 0, 0, 0, 47, 0, 0, 31, 0, 0]
                + Array("ANIM".utf8) + [6, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        },
    ]

    /// The plain clip cut off at every twentieth.
    static let cut: [Item] = (1..<20).map { twentieth in
        bytes("cut-\(twentieth * 5).mp4", .anything(upTo: 10)) {
            let all = try Files.read($0.path("base.mp4"))
            return Array(all.prefix(all.count * twentieth / 20))
        }
    }

    /// A file with some bytes replaced, `offset` after the first place of a word.
    private static func patched(_ path: String, _ word: String, _ offset: Int, _ new: [UInt8]) throws -> [UInt8] {
        var bytes = try Files.read(path)
        let mark = Array(word.utf8)
        guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return bytes }
        bytes.replaceSubrange((place + offset)..<(place + offset + new.count), with: new)
        return bytes
    }

    static func make(_ item: Item, in fixture: Fixture) throws -> String {
        let path = fixture.path(item.name)
        switch item.recipe {
        case .ffmpeg(let arguments):
            let filled = arguments.split(separator: " ").map { word -> String in
                word == "{base}"
                    ? fixture.path("base.mp4") : word == "{dir}/still.png" ? fixture.path("still.png") : String(word)
            }
            try fixture.make(item.name, filled.joined(separator: " "))
        case .bytes(let make): try AtomicFile.write(try make(fixture), to: path)
        case .system(let make):
            guard make(path, fixture) == 0 else { throw FileError.last("make", path) }
        }
        return path
    }
}
