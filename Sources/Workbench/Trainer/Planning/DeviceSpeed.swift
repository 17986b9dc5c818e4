import Torch

/// How fast a device multiplies matrices.
public struct DeviceSpeed: Sendable {
    /// Floating-point operations a second.
    public let operations: Double
    /// Whether it was measured here, and not stated.
    public let isMeasured: Bool

    /// As somebody states it, in 10¹² operations a second.
    public init(stated teraflops: Double) { (operations, isMeasured) = (teraflops * 1e12, false) }

    /// Of products as large as a transformer's, a few tenths of a second's worth.
    init(measuring device: Device, _ dtype: DType) throws {
        let (rows, inner, columns) = device == .cpu ? (512, 2048, 2048) : (4096, 4096, 16384)
        let a = try Tensor.zeros([rows, inner], dtype: dtype, device: device)
        let b = try Tensor.zeros([columns, inner], dtype: dtype, device: device)
        func seconds(_ times: Int) throws -> Double {
            let began = ContinuousClock.now
            for _ in 0..<times { _ = try a.linear(b) }
            try Backend.synchronize(device)
            return began.duration(to: .now) / .seconds(1)
        }
        _ = try seconds(1)  // what is set up on first use
        let best = try (0..<3).map { _ in try seconds(3) }.min() ?? 1
        operations = 3 * 2 * Double(rows) * Double(inner) * Double(columns) / max(best, 1e-9)
        isMeasured = true
    }
}
