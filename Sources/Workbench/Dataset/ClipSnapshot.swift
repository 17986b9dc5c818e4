/// A clip as a consumer works on it: plain values, safe on any thread.
public struct ClipSnapshot: Sendable, Equatable {
    /// The media file, absolute.
    public let path: String
    /// Relative to the dataset's folder; outputs mirror it.
    public let mediaPath: String
    /// As the metadata has it, without the trigger.
    public let caption: String?
    /// The paired reference file, absolute.
    public let reference: String?
    /// To be left out.
    public let isExcluded: Bool
    /// Told from the extension.
    public let isImage: Bool

    /// The text to encode: the caption with the trigger before it, once. `nil` without a caption.
    public func trainingCaption(trigger: String?) -> String? { caption.map { Trigger.apply(trigger, to: $0) } }
}
