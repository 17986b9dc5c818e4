/// What Qwen's models are asked, in the words of their chat templates.
enum QwenPrompt {
    static let image = "<|image_pad|>", video = "<|video_pad|>"
    static let marks = [image, video, start, end, "<|im_start|>", "<|im_end|>"]
    static let start = "<|vision_start|>", end = "<|vision_end|>"

    /// One question, in upstream's order: the text, then what it is about. `system`: what the template says when nobody else does.
    static func text(_ question: String, shown: String, system: String?) -> String {
        let opening = system.map { "<|im_start|>system\n\($0)<|im_end|>\n" } ?? ""
        return "\(opening)<|im_start|>user\n\(question)\(shown)<|im_end|>\n<|im_start|>assistant\n"
    }
    /// A prompt in which each place of an image or video is as many tokens as are shown.
    static func expanded(_ prompt: String, _ tokens: [Int]) -> String {
        var out = "", rest = prompt[...], tokens = tokens[...]
        while let place = [image, video].compactMap({ rest.firstRange(of: $0) }).min(by: {
            $0.lowerBound < $1.lowerBound
        }),
            let count = tokens.popFirst()
        {
            out += rest[..<place.lowerBound] + String(repeating: String(rest[place]), count: count)
            rest = rest[place.upperBound...]
        }
        return out + rest
    }
}
