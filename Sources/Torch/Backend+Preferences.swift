import CTorch

extension Backend {
    /// Threads that operators will use on the CPU, for when libtorch is not open yet: nothing is opened by this.
    public static func prefer(threads: Int) { ct_prefer_threads(Int64(threads)) }
}
