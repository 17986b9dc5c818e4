import Base
import Torch

/// How much memory there is left for models.
public struct MemoryBudget: Sendable {
    /// Bytes free on a device; nil when nobody can tell.
    let free: @Sendable (Device) -> Int?

    /// What the system and the driver say.
    public static let machine = MemoryBudget { device in
        switch device {
        case .cpu: (try? Files.text("/proc/meminfo")).flatMap(available)
        case .cuda(let index): (try? Backend.cudaMemory(index))?.free
        case .meta: nil
        }
    }
    /// For tests: a figure that changes as the test likes.
    init(_ free: @escaping @Sendable (Device) -> Int?) { self.free = free }

    /// Bytes that programs can still have, out of `/proc/meminfo`.
    static func available(_ text: String) -> Int? { line("MemAvailable", of: text) }
    /// Bytes of a line of `/proc/meminfo`.
    static func line(_ name: String, of text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
