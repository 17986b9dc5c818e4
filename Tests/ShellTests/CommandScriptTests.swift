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

    /// A script as it is started from the system's shell.
    private static func run(_ script: String, _ arguments: String, status: Int32) throws -> String {
        let output = Scratch.path("output"), program = Path.join(PtySession.programs, "ltxsh")
        let command = "'\(program)' --no-init '\(scripts)/\(script).lua' \(arguments) > '\(output)' 2>&1 < /dev/null"
        let found = try ChildProcess.run(command), text = try Files.text(output)
        #expect(found == status, "\(script) \(arguments): \(text)")
        return text
    }
    /// What a script said, and the status that it would have ended with.
    typealias Answer = (text: String, status: String)
    /// Scripts with their arguments, one after the other in one process: the program starts once for all of them. An entry without a
    /// name is Lua of our own.
    private static func run(_ calls: [(script: String, arguments: String)], in folder: String) throws -> [Answer] {
        let list = calls.map { "{ '\($0.script)', [==[\($0.arguments)]==] }" }.joined(separator: ",\n")
        let harness = """
            package.path = '\(scripts)/?.lua;' .. package.path
            io.stderr = { write = function(_, ...) io.stdout:write(...) end }
            os.exit = function(status) error({ status = status }, 0) end
            for _, call in ipairs{
            \(list)
            } do
                local path, ok, failure = '\(scripts)/' .. call[1] .. '.lua'
                arg = { [0] = path }
                for word in call[2]:gmatch('%S+') do arg[#arg + 1] = word end
                package.loaded.arguments, package.loaded.preprocessing = nil, nil
                if call[1] == '' then ok, failure = pcall(load(call[2])) else ok, failure = pcall(dofile, path) end
                local status = ok and 0 or type(failure) == 'table' and failure.status or 1
                if status == 1 then print(tostring(failure)) end
                print('\\1' .. status)
                io.stdout:flush()
            end
            """
        let file = Scratch.path("harness.lua"), output = Scratch.path("output")
        try AtomicFile.write(harness, to: file)
        let program = Path.join(PtySession.programs, "ltxsh")
        let status = try ChildProcess.run(
            "cd '\(folder)'; '\(program)' --no-init '\(file)' > '\(output)' 2>&1 < /dev/null")
        let text = try Files.text(output)
        #expect(status == 0, "\(text.suffix(2000))")
        var answers: [Answer] = [], said = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("\u{1}") {
                answers.append((said, String(line.dropFirst())))
                said = ""
            } else {
                said += line + "\n"
            }
        }
        try #require(answers.count == calls.count, "\(text.suffix(2000))")
        return answers
    }

    @Test func `each script says what it takes`() throws {
        let questions = ["--help", "--complete x", "--no-such-option"]
        let answers = try Self.run(Self.names.flatMap { name in questions.map { (name, $0) } }, in: "/")
        for (place, name) in Self.names.enumerated() {
            let (help, complete, refused) = (answers[place * 3], answers[place * 3 + 1], answers[place * 3 + 2])
            #expect(help.status == "0" && help.text.contains("\n\nltxsh scripts/\(name).lua [options]"), "\(help)")
            #expect(complete.status == "0" && complete.text.contains("--help\n"), "\(complete)")
            #expect(
                refused.status == "2" && refused.text.hasPrefix("there is no option '--no-such-option'"), "\(refused)")
        }
        // The same from the system's shell.
        #expect(try Self.run("train", "--help", status: 0).contains("\n\nltxsh scripts/train.lua [options]"))
        #expect(try Self.run("train", "--no-such-option", status: 2).hasPrefix("there is no option '--no-such-option'"))
        #expect(try Self.run("train", "no-such.yaml", status: 1).contains("no-such.yaml"))
    }
    @Test func `arguments are checked before anything is done`() throws {
        let cases = [
            ("a.mp4", "2", "OUTPUT is missing"), ("a b c", "2", "'c' is one argument too many"),
            ("a b --threshold x", "2", "'--threshold' must be a number, got 'x'"),
            ("a b --max-scenes 1.5", "2", "'--max-scenes' must be a whole number"),
            ("a b --detector=x", "2", "'--detector' must be content, adaptive"),
            ("a b --threshold", "2", "'--threshold' needs a value"),
            ("--complete --detector", "0", "content\nadaptive\n"),
        ]
        let answers = try Self.run(cases.map { ("split_scenes", $0.0) }, in: "/")
        for (answer, wanted) in zip(answers, cases) {
            #expect(answer.status == wanted.1 && answer.text.hasPrefix(wanted.2), "\(wanted.0): \(answer)")
        }
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
        let config = try Files.text(template).replacing("steps: 60", with: "steps: 2").replacing(
            "preprocessed_data_root:", with: "preprocessed_data_root: scenes/.precomputed #")
        for (name, folder) in [("c", "out"), ("t", "piped")] {
            try AtomicFile.write(
                config.replacing("output_dir:", with: "output_dir: \(folder) #"), to: Path.join(home, "\(name).yaml"))
        }
        func captions(_ scenes: String) -> (String, String, String) {
            let code =
                "for i, clip in ipairs(Dataset.open('\(scenes)')) do "
                + "clip.caption = i == 1 and 'This video shows a red wall' or 'a blue wall' end"
            return ("", code, "")
        }
        let size = "--resolution-buckets 96x64x17 --model-source models/tiny --device cpu"
        let pipeline = "clips --resolution-buckets 96x64x17 --config-template t.yaml"
        let calls: [(script: String, arguments: String, said: String)] = [
            (
                "split_scenes", "clips_raw scenes --threshold 20 --min-scene-length 5 --filter-shorter-than 10",
                "2 scenes in "
            ),
            captions("scenes"),
            ("fix_video_caption_mismatch", "scenes --dry-run", "checking: 2/2 clips"),
            (
                "caption_videos", "scenes --endpoint http://127.0.0.1:9/v1 --model m",
                "0 captions written, 2 left alone, 0 failed"
            ),
            (
                "preprocess_dataset", "scenes \(size) --remove-llm-prefixes --decode-videos --id-token WALL",
                "2 clips decoded into "
            ),
            ("process_videos", "scenes \(size) --id-token WALL", "2 clips in "),
            ("process_captions", "scenes \(size) --id-token WALL", "2 clips in "),
            (
                "decode_latents", "scenes/.precomputed decoded --model-source models/tiny",
                "2 clips decoded into decoded"
            ),
            ("train", "c.yaml --disable-progress-bars", "2 steps, loss "),
            ("convert_checkpoint", "out --to-comfy --output-path comfy/", "_comfy.safetensors"),
            ("convert_checkpoint", "out/checkpoints --all --to kohya --output-path kohya", "_kohya.safetensors"),
            ("resize_videos", "scenes resized 64x32", "2 videos in "),
            ("extract_frames", "scenes frames --every 10", "4 pictures in "),
            ("compute_condition", "scenes --output scenes/references", "2 clips have a reference"),
            ("add_trigger_word_to_captions", "scenes WALL", "2 captions changed"),
            ("run_pipeline", pipeline, "clips_scenes/captions.json' have no caption"),
            captions("clips_scenes"),
            (
                "run_pipeline", pipeline + " --id-token WALL --dry-run",
                "preprocess  due: 2 captions and 2 videos to encode"
            ),
            ("run_pipeline", pipeline + " --id-token WALL", "for ComfyUI "),
            ("download_models", "", "LTXV_13B_097_DEV"),
            ("download_models", "no-such-model", "no model is called 'no-such-model'"),
        ]
        let answers = try Self.run(calls.map { ($0.script, $0.arguments) }, in: home)
        let failing = ["have no caption", "no model is called"]
        for (answer, call) in zip(answers, calls) {
            #expect(call.said.isEmpty || answer.text.contains(call.said), "\(call.script): \(answer.text)")
            let status = failing.contains(where: call.said.contains) ? "1" : "0"
            #expect(answer.status == status, "\(call.script): \(answer.text)")
        }
        #expect(Files.exists(Path.join(home, "scenes/.precomputed/decoded_videos/one-Scene-001.mp4")))
        #expect(Files.exists(Path.join(home, "clips_scenes/.precomputed/decoded_videos/one-Scene-001.mp4")))
    }
}
