import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// The scripts that stand for the commands of the upstream trainer: each one's help, and one run of each.
@Suite(.serialized) struct CommandScriptTests {
    private static let scripts = Path.absolute(Path.join(Path.folder(#filePath), "../../scripts"))
    static let names = [
        "split_scenes", "caption_videos", "preprocess_dataset", "process_videos", "process_captions", "train",
        "run_pipeline",
        "convert_checkpoint", "decode_latents", "compute_condition", "resize_videos", "extract_frames",
        "add_trigger_word_to_captions", "fix_video_caption_mismatch", "download_models",
    ]

    private static func run(_ script: String, _ arguments: String, in folder: String = "/", status: Int32 = 0) throws
        -> String
    {
        let output = Scratch.path("output"), program = Path.join(PtySession.programs, "ltxsh")
        let command =
            "cd '\(folder)'; '\(program)' --no-init '\(scripts)/\(script).lua' \(arguments) > '\(output)' 2>&1 < /dev/null"
        let found = try ChildProcess.run(command), text = try Files.text(output)
        #expect(found == status, "\(script) \(arguments): \(text)")
        return text
    }
    @Test(arguments: names) func `each script says what it takes`(name: String) throws {
        let text = try Self.run(name, "--help")
        #expect(text.contains("\n\nltxsh scripts/\(name).lua [options]"), "\(text)")
        #expect(try Self.run(name, "--complete x").contains("--help\n"))
        #expect(try Self.run(name, "--no-such-option", status: 2).hasPrefix("there is no option '--no-such-option'"))
    }
    @Test func `arguments are checked before anything is done`() throws {
        #expect(try Self.run("split_scenes", "a.mp4", status: 2).hasPrefix("OUTPUT is missing"))
        #expect(try Self.run("split_scenes", "a b c", status: 2).hasPrefix("'c' is one argument too many"))
        #expect(
            try Self.run("split_scenes", "a b --threshold x", status: 2).hasPrefix(
                "'--threshold' must be a number, got 'x'"))
        #expect(
            try Self.run("split_scenes", "a b --max-scenes 1.5", status: 2).hasPrefix(
                "'--max-scenes' must be a whole number"))
        #expect(
            try Self.run("split_scenes", "a b --detector=x", status: 2).hasPrefix(
                "'--detector' must be content, adaptive"))
        #expect(try Self.run("split_scenes", "a b --threshold", status: 2).hasPrefix("'--threshold' needs a value"))
        #expect(try Self.run("split_scenes", "--complete --detector").hasPrefix("content\nadaptive\n"))
    }

    /// A tiny model, and a project with one video of two scenes.
    private static let project = Result {
        let folder = try Scratch.folder("scripts")
        let made = try ChildProcess.run(
            """
            cd '\(folder)' && mkdir -p clips_raw && ffmpeg -v error -y -f lavfi -i \
            'color=red:s=96x64:r=24,trim=end_frame=20[a];color=blue:s=96x64:r=24,trim=end_frame=20[b];[a][b]concat=n=2' \
            clips_raw/one.mp4 && '\(Path.join(PtySession.programs, "ltxsh"))' --no-init -e 'Models.make_tiny("models/tiny")'
            """)
        guard made == 0 else { throw FileError.missing("clips_raw/one.mp4") }
        return folder
    }
    /// One after another, as one would call them.
    @Test func `each script does its work`() throws {
        let home = try Self.project.get(), template = Path.absolute(Path.join(Self.scripts, "../configs/tiny.yaml"))
        func caption(_ scenes: String) throws {
            let code =
                "for i, clip in ipairs(Dataset.open('\(scenes)')) do "
                + "clip.caption = i == 1 and 'This video shows a red wall' or 'a blue wall' end"
            let program = Path.join(PtySession.programs, "ltxsh")
            #expect(try ChildProcess.run("cd '\(home)'; '\(program)' --no-init -e \"\(code)\"") == 0)
        }
        func run(_ script: String, _ arguments: String, _ said: String, status: Int32 = 0) throws {
            let text = try Self.run(script, arguments, in: home, status: status)
            #expect(text.contains(said), "\(script): \(text)")
        }
        try run(
            "split_scenes", "clips_raw scenes --threshold 20 --min-scene-length 5 --filter-shorter-than 10",
            "2 scenes in ")
        try caption("scenes")
        try run("fix_video_caption_mismatch", "scenes --dry-run", "checking: 2/2 clips")
        try run(
            "caption_videos", "scenes --endpoint http://127.0.0.1:9/v1 --model m",
            "0 captions written, 2 left alone, 0 failed")
        let size = "--resolution-buckets 96x64x17 --model-source models/tiny"
        try run(
            "preprocess_dataset", "scenes \(size) --remove-llm-prefixes --decode-videos --id-token WALL",
            "2 clips decoded into ")
        #expect(Files.exists(Path.join(home, "scenes/.precomputed/decoded_videos/one-Scene-001.mp4")))
        try run("process_videos", "scenes \(size) --id-token WALL", "2 clips in ")
        try run("process_captions", "scenes \(size) --id-token WALL", "2 clips in ")
        try run(
            "decode_latents", "scenes/.precomputed decoded --model-source models/tiny", "2 clips decoded into decoded")
        let config = try Files.text(template).replacing("steps: 60", with: "steps: 2").replacing(
            "preprocessed_data_root:", with: "preprocessed_data_root: scenes/.precomputed #")
        try AtomicFile.write(config.replacing("output_dir:", with: "output_dir: out #"), to: Path.join(home, "c.yaml"))
        try run("train", "c.yaml --disable-progress-bars", "2 steps, loss ")
        try run("convert_checkpoint", "out --to-comfy --output-path comfy/", "_comfy.safetensors")
        try run("convert_checkpoint", "out/checkpoints --all --to kohya --output-path kohya", "_kohya.safetensors")
        try run("resize_videos", "scenes resized 64x32", "2 videos in ")
        try run("extract_frames", "scenes frames --every 10", "4 pictures in ")
        try run("compute_condition", "scenes --output scenes/references", "2 clips have a reference")
        try run("add_trigger_word_to_captions", "scenes WALL", "2 captions changed")
        try AtomicFile.write(
            config.replacing("output_dir:", with: "output_dir: piped #"), to: Path.join(home, "t.yaml"))
        try run(
            "run_pipeline", "clips --resolution-buckets 96x64x17 --config-template t.yaml",
            "clips_scenes have no caption",
            status: 1)
        try caption("clips_scenes")
        try run(
            "run_pipeline", "clips --resolution-buckets 96x64x17 --config-template t.yaml --id-token WALL",
            "for ComfyUI ")
        try run("download_models", "", "LTXV_13B_097_DEV")
        try run("download_models", "no-such-model", "no model is called 'no-such-model'", status: 1)
    }
}
