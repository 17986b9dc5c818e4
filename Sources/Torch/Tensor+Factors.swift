import CTorch

extension Tensor {
    /// Thin factors of a matrix, in fp32 or fp64: Q with orthonormal columns, and R above the diagonal, whose product it is.
    public func qr() throws -> (q: Tensor, r: Tensor) {
        var q: ct_tensor?, r: ct_tensor?
        try lend { own in try Torch.check(ct_qr(own, &q, &r)) }
        guard let q, let r else { throw TorchError.failed("no factors") }
        return (Tensor(owning: q), Tensor(owning: r))
    }
    /// Thin factors of a matrix, in fp32 or fp64: it is U · diag(s) · Vᵀ, with the singular values descending.
    public func svd() throws -> (u: Tensor, s: Tensor, v: Tensor) {
        var u: ct_tensor?, s: ct_tensor?, v: ct_tensor?
        try lend { own in try Torch.check(ct_svd(own, &u, &s, &v)) }
        guard let u, let s, let v else { throw TorchError.failed("no factors") }
        return (Tensor(owning: u), Tensor(owning: s), Tensor(owning: v))
    }
}
