/// What Qwen2.5-VL is asked, in the words of its chat template.
public enum QwenPrompt {
    static let image = "<|image_pad|>", video = "<|video_pad|>"

    /// One question about images or videos, in upstream's order: the text, then what it is about.
    public static func text(_ question: String, media: [(isImage: Bool, tokens: Int)]) -> String {
        let places = media.map { "<|vision_start|>\($0.isImage ? image : video)<|vision_end|>" }.joined()
        let prompt =
            "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n\(question)\(places)<|im_end|>\n"
            + "<|im_start|>assistant\n"
        return expanded(prompt, media.map(\.tokens))
    }
    /// A prompt in which each place of an image or video is as many tokens as are shown.
    public static func expanded(_ prompt: String, _ tokens: [Int]) -> String {
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
