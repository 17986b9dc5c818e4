import Base

/// The word that calls a LoRA up. It is put before captions when they are preprocessed, never written into them.
public enum Trigger {
    /// The caption as it is trained: the trigger, a space, the text.
    ///
    /// Without a caption the trigger stands alone. A caption that begins with the word already, plain or as the GUI fork wrote it (`<APT> …`), gets it once.
    public static func apply(_ trigger: String?, to caption: String) -> String {
        guard let word = trigger.map({ Lines.trimmed($0) }), !word.isEmpty else { return caption }
        if caption.allSatisfy(\.isWhitespace) { return word }
        let plain = word.hasPrefix("<") && word.hasSuffix(">") ? String(word.dropFirst().dropLast()) : word
        for written in ["<\(plain)>", plain] where caption.hasPrefix(written) {
            let rest = caption.dropFirst(written.count)
            if rest.isEmpty { return word }
            // "APT" begins "APT, a boat" but not "APTERYX".
            if let next = rest.first, next.isLetter || next.isNumber || next == "_" { continue }
            return word + rest
        }
        return "\(word) \(caption)"
    }

    /// The word in angle brackets that every caption begins with, `nil` when there is no such word.
    static func recognised(in captions: some Sequence<String>) -> String? {
        var word: Substring?
        for caption in captions where caption.contains(where: { !$0.isWhitespace }) {
            guard caption.hasPrefix("<"), let end = caption.firstIndex(of: ">") else { return nil }
            let found = caption[caption.index(after: caption.startIndex)..<end]
            guard !found.isEmpty, !found.contains(where: \.isWhitespace), word == nil || word == found else {
                return nil
            }
            word = found
        }
        return word.map(String.init)
    }
}
