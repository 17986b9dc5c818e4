import Base
import Media

/// What clips can be sorted by.
public enum ClipField: String, Sendable, CaseIterable {
    case name, path, caption, duration, frames, fps, width, height, bytes, codec, excluded
    case motion, sharpness, brightness, repeated, still, sound

    /// What has to be measured, `VideoMeasures`.
    public static let measured: [ClipField] = [.motion, .sharpness, .brightness, .repeated, .still, .sound]
}

extension Dataset {
    /// The clips by a field, smallest first or last; clips that have no such value come last. What they are like is measured.
    public func sorted(by field: ClipField, isReversed: Bool = false) -> Dataset {
        let keys = clips.map { (clip: $0, key: SortKey($0, field)) }
        let known = keys.filter { $0.key != nil }.sorted { a, b in
            guard let x = a.key, let y = b.key else { return false }
            return isReversed ? y < x : x < y
        }
        return Dataset(store, (known + keys.filter { $0.key == nil }).map(\.clip.id))
    }
}

/// A value to sort by; all keys of one sorting are of one kind.
private enum SortKey: Comparable {
    case number(Double)
    case text(String)

    init?(_ clip: Clip, _ field: ClipField) {
        switch field {
        case .name: self = .text(clip.name)
        case .path: self = .text(clip.mediaPath)
        case .caption:
            guard let caption = clip.caption else { return nil }
            self = .text(caption)
        case .excluded: self = .number(clip.isExcluded ? 1 : 0)
        case .bytes:
            guard let bytes = clip.bytes else { return nil }
            self = .number(Double(bytes))
        case .codec:
            guard let file = clip.knownMedia else { return nil }
            self = .text(file.codec)
        case .motion, .sharpness, .brightness, .repeated, .still, .sound:
            guard let measures = try? clip.measures() else { return nil }
            switch field {
            case .motion: self = .number(measures.motion)
            case .sharpness: self = .number(measures.sharpness)
            case .brightness: self = .number(measures.brightness)
            case .repeated: self = .number(Double(measures.repeated))
            case .still: self = .number(measures.still)
            default:
                guard let sound = measures.sound else { return nil }
                self = .number(sound)
            }
        case .duration, .frames, .fps, .width, .height:
            guard let file = clip.knownMedia else { return nil }
            switch field {
            case .duration, .frames:
                guard file.isDurationKnown else { return nil }
                self = .number(field == .duration ? file.duration : Double(file.frames.value))
            case .fps: self = .number(file.fps)
            case .width: self = .number(Double(file.width))
            default: self = .number(Double(file.height))
            }
        }
    }
}
