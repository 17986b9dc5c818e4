import CTorch

/// The owner of something on the other side of the shim, which reaches C through here and no other way.
///
/// A handle that is taken out of its owner may outlive it: the optimizer frees an object after its last use, and that is
/// where the handle was read, not where C uses it. So handles are private to their owners, and lent for one call.
protocol Lendable {
    /// What the shim takes.
    associatedtype Handle
    /// The handle for `body`, which must not let it out; the owner stays alive until `body` is done.
    func lend<R>(_ body: (Handle) throws -> R) rethrows -> R
}

extension Optional: Lendable where Wrapped: Lendable {
    /// NULL for none.
    func lend<R>(_ body: (Wrapped.Handle?) throws -> R) rethrows -> R {
        guard let self else { return try body(nil) }
        return try self.lend { try body($0) }
    }
}

/// Where the shim writes the handle that it makes.
typealias Out = UnsafeMutablePointer<ct_tensor?>

// MARK: - Calls that may fail

/// Turns a status of the shim into an error.
func check(_ status: ct_status) throws {
    guard status != 0 else { return }
    let message = String(cString: ct_last_error())
    throw status == 2 ? TorchError.outOfMemory(message) : TorchError.failed(message)
}
/// Lends the handle to a call that returns a status.
func check<A: Lendable>(
    _ a: A, _ call: (A.Handle) -> ct_status
) throws {
    try check(a.lend(call))
}
/// Lends the handles to a call that returns a status.
func check<A: Lendable, B: Lendable>(
    _ a: A, _ b: B, _ call: (A.Handle, B.Handle) -> ct_status
) throws {
    try check(a.lend { a in b.lend { b in call(a, b) } })
}
/// Lends the handles to a call that returns a status.
func check<A: Lendable, B: Lendable, C: Lendable>(
    _ a: A, _ b: B, _ c: C, _ call: (A.Handle, B.Handle, C.Handle) -> ct_status
) throws {
    try check(a.lend { a in b.lend { b in c.lend { c in call(a, b, c) } } })
}
/// Lends the handles to a call that returns a status.
func check<A: Lendable, B: Lendable, C: Lendable, D: Lendable>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ call: (A.Handle, B.Handle, C.Handle, D.Handle) -> ct_status
) throws {
    try check(a.lend { a in b.lend { b in c.lend { c in d.lend { d in call(a, b, c, d) } } } })
}
/// Lends the handles to a call that returns a status.
func check<A: Lendable, B: Lendable, C: Lendable, D: Lendable, E: Lendable>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ e: E, _ call: (A.Handle, B.Handle, C.Handle, D.Handle, E.Handle) -> ct_status
) throws {
    try check(a.lend { a in b.lend { b in c.lend { c in d.lend { d in e.lend { e in call(a, b, c, d, e) } } } } })
}

// MARK: - Calls that make a tensor

/// The handle that a call of the shim writes: whoever asked for it owns it.
func newHandle(_ call: (Out) -> ct_status) throws -> ct_tensor {
    var out: ct_tensor?
    try check(call(&out))
    // swift-format-ignore: NeverForceUnwrap
    return out!  // the contract of CTorch.h: status 0 means a handle was written
}
/// The tensor that a call makes of nothing that is lent.
func make(_ call: (Out) -> ct_status) throws -> Tensor { Tensor(owning: try newHandle(call)) }
/// The tensor that a call makes of the handle it is lent.
func make<A: Lendable>(
    _ a: A, _ call: (A.Handle, Out) -> ct_status
) throws -> Tensor {
    try make { out in a.lend { a in call(a, out) } }
}
/// The tensor that a call makes of the handles it is lent.
func make<A: Lendable, B: Lendable>(
    _ a: A, _ b: B, _ call: (A.Handle, B.Handle, Out) -> ct_status
) throws -> Tensor {
    try make { out in a.lend { a in b.lend { b in call(a, b, out) } } }
}
/// The tensor that a call makes of the handles it is lent.
func make<A: Lendable, B: Lendable, C: Lendable>(
    _ a: A, _ b: B, _ c: C, _ call: (A.Handle, B.Handle, C.Handle, Out) -> ct_status
) throws -> Tensor {
    try make { out in a.lend { a in b.lend { b in c.lend { c in call(a, b, c, out) } } } }
}
/// The tensor that a call makes of the handles it is lent.
func make<A: Lendable, B: Lendable, C: Lendable, D: Lendable>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ call: (A.Handle, B.Handle, C.Handle, D.Handle, Out) -> ct_status
) throws -> Tensor {
    try make { out in a.lend { a in b.lend { b in c.lend { c in d.lend { d in call(a, b, c, d, out) } } } } }
}
