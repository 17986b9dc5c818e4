import CTorch

/// The libtorch that runs underneath. It is opened on first use.
public enum Backend {
    /// Opens libtorch now. Throws with the reason and the fix.
    public static func open() throws { try check(ct_open()) }
    /// Whether it was opened already; asking does not open it.
    public static var isOpen: Bool { ct_is_open() }
    /// libtorch's version; empty when it cannot be opened.
    public static var version: String { ct_open() == 0 ? String(cString: ct_version()) : "" }
    /// Threads that one operator uses on the CPU.
    public static var threads: Int { ct_open() == 0 ? Int(ct_threads()) : 1 }
    /// As `torch.set_num_threads`.
    public static func setThreads(_ count: Int) throws { try check(ct_set_threads(Int64(count))) }
    /// How many CUDA devices can be used; 0 also when libtorch cannot be opened.
    public static var cudaDevices: Int { ct_open() == 0 ? Int(ct_cuda_count()) : 0 }
    /// Why CUDA is not there; empty when it is.
    public static var cudaNote: String {
        ct_open() == 0 ? String(cString: ct_cuda_note()) : String(cString: ct_last_error())
    }
    /// Bytes free and in all on a CUDA device.
    public static func cudaMemory(_ index: Int) throws -> (free: Int, total: Int) {
        var free: Int64 = 0, total: Int64 = 0
        try check(ct_cuda_memory(Int32(index), &free, &total))
        return (Int(free), Int(total))
    }
    /// Gives back the host memory that is kept for the next tensors: when something large has ended.
    public static func releaseHostMemory() throws { if isOpen { try check(ct_release_host_memory()) } }
    /// Gives cached device memory back, and that of the host.
    public static func emptyCache() throws { if isOpen { try check(ct_empty_cache()) } }
    /// Waits until the device has done everything that was asked of it; at once on the CPU.
    public static func synchronize(_ device: Device) throws { try check(ct_synchronize(device.c)) }
    /// Seeds the default generators of all devices, as `torch.manual_seed`.
    public static func seed(_ seed: UInt64) throws { try check(ct_manual_seed(seed)) }
    /// Whether fp32 convolutions and matrix products on CUDA may round their inputs to TF32 (10 bits of mantissa). As
    /// PyTorch starts: convolutions yes, products no.
    public static func setTF32(_ on: Bool) throws { try check(ct_set_tf32(on)) }
}
