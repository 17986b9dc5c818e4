import Synchronization
import Torch

/// How fast a device multiplies matrices.
public struct DeviceSpeed: Sendable {
    /// Floating-point operations a second.
    public let operations: Double
    /// Whether it was measured here, and not stated.
    public let isMeasured: Bool

    /// As somebody states it, in 10¹² operations a second.
    public init(stated teraflops: Double) { (operations, isMeasured) = (teraflops * 1e12, false) }

    /// Of products as large as a transformer's, a few tenths of a second's worth; once in a process for a device and dtype.
    init(measuring device: Device, _ dtype: DType) throws {
        let key = "\(device) \(dtype)"
        if let known = Self.measured.withLock({ $0[key] }) {
            (operations, isMeasured) = (known, true)
            return
        }
        let isHost = device == .cpu, times = isHost ? 1 : 3
        let (rows, inner, columns) = isHost ? (256, 2048, 2048) : (4096, 4096, 16384)
        let a = try Tensor.zeros([rows, inner], dtype: dtype, device: device)
        let b = try Tensor.zeros([columns, inner], dtype: dtype, device: device)
        func seconds() throws -> Double {
            let began = ContinuousClock.now
            for _ in 0..<times { _ = try a.linear(b) }
            try Backend.synchronize(device)
            return began.duration(to: .now) / .seconds(1)
        }
        var spent = try seconds()  // what is set up on first use
        var best = Double.infinity
        while spent < 0.3 || best == .infinity {
            let time = try seconds()
            (spent, best) = (spent + time, min(best, time))
        }
        let found = Double(times * 2 * rows * inner * columns) / max(best, 1e-9)
        Self.measured.withLock { $0[key] = found }
        (operations, isMeasured) = (found, true)
    }
    private static let measured = Mutex<[String: Double]>([:])
}
