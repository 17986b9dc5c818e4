import CTorch

/// A source of random numbers, equal to `torch.Generator` with the same seed on the same kind of device.
///
/// One thread at a time: a run owns its generator.
public final class Generator {
    /// Seen by `lend` alone, as that of a tensor.
    private let handle: ct_generator
    /// Where it draws.
    public let device: Device

    /// Throws when the device is not there.
    public init(seed: UInt64, device: Device = .cpu) throws {
        var out: ct_generator?
        try check(ct_generator_new(device.c, seed, &out))
        guard let out else { throw TorchError.failed("no generator was made") }
        handle = out
        self.device = device
    }
    deinit { ct_generator_free(handle) }

    /// Starts anew, as a generator made with this seed.
    public func seed(_ seed: UInt64) throws { try check(self) { ct_generator_seed($0, seed) } }
    /// Everything to go on from here, as a uint8 tensor on the CPU.
    public func state() throws -> Tensor { try make(self, ct_generator_state) }
    /// Goes on from where `state()` was read. Throws for the state of another kind of device.
    public func restore(_ state: Tensor) throws { try check(self, state, ct_generator_set_state) }
    /// `torch.empty((), dtype=int64).random_()`: one draw from [0, 2⁶³).
    public func integer() throws -> Int {
        var value: Int64 = 0
        try check(self) { ct_random_int($0, &value) }
        return Int(value)
    }
}

extension Generator: Lendable {
    func lend<R>(_ body: (ct_generator) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(handle) }
    }
}
