import Base
import Media

/// Why what was computed of a clip is not what would be computed of it now.
public enum StaleReason: String, Sendable, CaseIterable {
    /// Its caption was edited.
    case caption
    /// The trigger word is another.
    case trigger
    /// The media file was cut anew or replaced.
    case source
    /// The dataset does not have it any more, or leaves it out.
    case gone
    /// The model has another text encoder, or another VAE.
    case textEncoder, vae
}

/// What the record of preprocessing says of clips, beside what their dataset says now.
struct Preparation {
    let record: Fingerprints
    let contents: DatasetContents
    /// The model that is to be trained, where that is known.
    var text: String?, video: String?

    /// The text that would be encoded of a clip now.
    func text(of name: String, _ entry: MetadataEntry) -> String {
        Trigger.apply(trigger(of: name), to: entry.caption ?? "")
    }
    /// The trigger that preprocessing would take now, if it were asked as it was then.
    func trigger(of name: String) -> String? {
        let known = record["conditions/\(name).pt"]
        if known?.facts["trigger"]?.string == "asked" { return known?.inputs["trigger"] }
        if let set = contents.setTrigger { return set.isEmpty ? nil : set }
        // A project that was opened by a link has its name from there, which the disk does not tell.
        return contents.usualTrigger ?? (known?.facts["trigger"]?.string == "usual" ? known?.inputs["trigger"] : nil)
    }

    /// Why a clip is to be preprocessed again; empty where nothing is known against it. `isSame` compares a media file with
    /// what was hashed of it.
    func reasons(
        _ name: String, _ entry: MetadataEntry?, isSame: (_ path: String, _ known: Provenance) throws -> Bool
    ) rethrows -> [StaleReason] {
        guard let entry, !entry.excluded else { return [.gone] }
        var reasons: [StaleReason] = []
        if let known = record["conditions/\(name).pt"], known.isDone, let text = known.inputs["text"] {
            if text != Fingerprints.hash(self.text(of: name, entry)) {
                let isTrigger = known.inputs["trigger"] ?? "" != trigger(of: name) ?? ""
                reasons.append(isTrigger ? .trigger : .caption)
            }
            if let model = self.text, let then = known.inputs["text_encoder"], ModelIdentity.differ(model, then) {
                reasons.append(.textEncoder)
            }
        }
        if let known = record["latents/\(name).pt"], known.isDone {
            let path = Path.join(contents.folder, entry.mediaPath)
            if Path.staysInside(entry.mediaPath), try !isSame(path, known) { reasons.append(.source) }
            if let model = video, let then = known.inputs["vae"], ModelIdentity.differ(model, then) {
                reasons.append(.vae)
            }
        }
        return reasons
    }

    /// Whether a file is what it was, without reading it where its time says so. One that is not there is not another one.
    static func isSame(_ path: String, _ known: Provenance) throws -> Bool {
        guard let content = known.content, let stamp = try? FileStamp(path), stamp.text != known.stamp else {
            return true
        }
        // The hash begins with the size.
        if content.prefix(while: { $0 != "-" }) != "\(stamp.size)" { return false }
        return try FileIdentity.contentHash(path) == content
    }
}
