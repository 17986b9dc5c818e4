/// What a file that is not what its name says is by its first bytes: an article, a noun and the way out.
enum FileFormat: CustomStringConvertible {
    case webPage, lfsPointer, zip, gguf, pickle, json

    /// `nil` for bytes that tell nothing.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func starts(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
        let first = String(decoding: bytes.prefix(256), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        let tag = first.prefix(5).lowercased()
        if tag.hasPrefix("<!do") || tag.hasPrefix("<html") || tag.hasPrefix("<head") {
            self = .webPage
        } else if starts("version https://git-lfs") {
            self = .lfsPointer
        } else if starts("PK\u{3}\u{4}") {
            self = .zip
        } else if starts("GGUF") {
            self = .gguf
        } else if bytes.count > 1, bytes[0] == PickleOpcode.proto.rawValue, (2...5).contains(bytes[1]) {
            self = .pickle
        } else if tag.hasPrefix("{") || tag.hasPrefix("[") {
            self = .json
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .webPage: "a web page, such as a login or an error; download the file itself"
        case .lfsPointer: "a Git LFS pointer, which only names the file; get it with 'git lfs pull', or download it"
        case .zip: "a zip archive, as torch.save writes .pt and .ckpt files; save it as safetensors"
        case .gguf:
            "a GGUF file, a quantised format that is not read; get the bf16 or plain fp8 .safetensors of the same model"
        case .pickle: "a Python pickle, as PyTorch before 1.6 wrote; load it in Python and save it as safetensors"
        case .json: "a JSON text, such as an index or a configuration"
        }
    }
}
