/// Whose habits a captioner takes on where they are not what its model was trained with.
public enum Compatibility: String, Sendable, CaseIterable {
    /// transformers 4.52, which the reference trainer pins: frames at a whole step, so that the end of a clip may be missed, and every
    /// pair of frames a second long.
    case four = "4.52"
    /// transformers 5: what follows a video stands close behind it, and Llama's tokenizer leaves out spaces.
    case five = "5"
}

/// Which frames of a clip are looked at.
enum FrameChoice {
    /// Evenly from the first, each rounded down on its own.
    static func even(_ count: Int, of total: Int) -> [Int] {
        (0..<count).map { Int(Double($0) * (Double(total) / Double(count))) }
    }
    /// From the first to the last, rounded, halves to even.
    static func spanning(_ count: Int, of total: Int) -> [Int] {
        guard count > 1 else { return [0] }
        let step = Double(total - 1) / Double(count - 1)
        return (0..<count).map { Int((Double($0) * step).rounded(.toNearestOrEven)) }
    }
    /// A whole number of frames apart, as many as were asked for: transformers 4.52.
    static func stepping(_ count: Int, of total: Int) -> [Int] {
        guard count > 0 else { return [] }
        // numpy takes the count from the step as it is, and goes on by what is left of it in whole numbers.
        let step = Double(total) / Double(count), length = Int((Double(total) / step).rounded(.up))
        return (0..<length).map { $0 * max(1, Int(step)) }
    }
    /// Frames for so many a second, of a clip at `fps`.
    static func count(_ total: Int, fps: Double, wanted: Double) -> Int {
        Int(Double(total) / max(fps, 1e-6) * wanted)
    }
}
