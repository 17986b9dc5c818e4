import Glibc
import Testing

/// What other libraries of the program must not do to libtorch.
@Suite struct LibraryScopeTests {
    /// libavfilter brought Debian's libblas along, which then computed every product of libtorch in fp32, ten times slower.
    @Test func `no other library of the program has the functions that libtorch multiplies with`() {
        for name in ["sgemm_", "dgemm_", "cblas_sgemm", "sgesdd_"] { #expect(dlsym(nil, name) == nil, "\(name)") }
    }
}
