import Base
import Configuration
import Foundation

/// The page that goes with a published LoRA: what it is of, how it is used, how it was taught.
struct ModelCard {
    /// What it is called.
    var title: String
    /// The repository of the model that it was taught on; nil where nobody knows.
    var base: String?
    /// What the repository says of its licence.
    var license = "other"
    var trigger: String?
    /// The file that is the LoRA, and the same for ComfyUI.
    var file: String, comfy: String
    var rank: Int, targets: [String]
    var configuration: TrainingConfiguration?
    /// The configuration's own file.
    var yaml: String?
    var step: Int?, loss: Double?
    /// Videos in the repository, with the prompt that each was made of.
    var samples: [(path: String, prompt: String?)] = []

    /// Markdown behind a head in YAML.
    var text: String {
        [head, introduction, gallery, usage, training].filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private var head: String {
        var lines = ["---", "license: \(license)"]
        if license == "other" {
            lines += ["license_name: that-of-the-base-model"]
            if let base { lines.append("license_link: https://huggingface.co/\(base)") }
        }
        if let base { lines += ["base_model: \(base)", "base_model_relation: adapter"] }
        lines += ["library_name: diffusers", "pipeline_tag: text-to-video"]
        if let trigger { lines.append("instance_prompt: \(quoted(trigger))") }
        lines += ["tags:", "  - ltx-video", "  - text-to-video", "  - lora", "  - ltxsh"]
        if !samples.isEmpty { lines.append("widget:") }
        for sample in samples {
            lines += ["  - text: \(quoted(sample.prompt ?? ""))", "    output:", "      url: \(sample.path)"]
        }
        return (lines + ["---", ""]).joined(separator: "\n")
    }
    /// A scalar that YAML takes for a text whatever is in it: JSON's strings are YAML's.
    private func quoted(_ text: String) -> String { JSON.string(text).text() }
    /// On one line and without what Markdown and HTML would take for theirs.
    private func plain(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.map { "\\`*_{}[]<>#|".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private var introduction: String {
        var lines = ["# \(plain(title))", ""]
        let of = base.map { " for [\($0)](https://huggingface.co/\($0))" } ?? ""
        lines.append("A LoRA of rank \(rank)\(of), taught with ltxsh.")
        if let trigger {
            lines += ["", "**Trigger word:** `\(trigger.replacing("`", with: ""))`, at the beginning of the prompt."]
        }
        return (lines + [""]).joined(separator: "\n")
    }
    private var gallery: String {
        guard !samples.isEmpty else { return "" }
        var lines = ["## Samples", ""]
        for sample in samples {
            lines.append("- [\(Path.name(sample.path))](\(sample.path))\(sample.prompt.map { ": \(plain($0))" } ?? "")")
        }
        return (lines + [""]).joined(separator: "\n")
    }
    private var usage: String {
        let prompt = trigger.map { "\($0.replacing("\"", with: "")), …" } ?? "…"
        var lines = [
            "## Use", "",
            "**ComfyUI:** put `\(comfy)` into `models/loras` and load it with *Load LoRA* behind the checkpoint's loader.",
            "",
        ]
        if let base {
            lines += [
                "**diffusers:**", "", "```python", "import torch", "from diffusers import LTXPipeline", "",
                "pipe = LTXPipeline.from_pretrained(\"\(base)\", torch_dtype=torch.bfloat16).to(\"cuda\")",
                "pipe.load_lora_weights(\"THIS_REPOSITORY\", weight_name=\"\(file)\")",
                "video = pipe(prompt=\"\(prompt)\").frames[0]", "```", "",
            ]
        }
        return lines.joined(separator: "\n")
    }
    private var training: String {
        var rows = [("rank", "\(rank)"), ("modules", targets.joined(separator: ", "))]
        if let step { rows.append(("steps", "\(step)")) }
        if let loss { rows.append(("loss at the end", String(format: "%.4g", loss))) }
        if let configuration {
            let dims = configuration.validation.videoDims
            rows += [
                ("learning rate", "\(configuration.optimization.learningRate)"),
                ("optimizer", configuration.optimization.optimizerType.rawValue),
                ("batch size", "\(configuration.optimization.batchSize)"), ("seed", "\(configuration.seed)"),
                ("size of the samples", "\(dims)"),
            ]
        }
        var lines = ["## Training", "", "| | |", "| --- | --- |"] + rows.map { "| \($0.0) | \(plain($0.1)) |" } + [""]
        if let yaml {
            // A fence that is longer than any in it.
            lines += [
                "<details><summary>The whole configuration</summary>", "", "~~~~~~yaml", yaml, "~~~~~~", "",
                "</details>", "",
            ]
        }
        return lines.joined(separator: "\n")
    }
}
