import Base
import Glibc
import TestSupport
import Testing
import Torch

@Suite struct MappedFileTests {
    let path = Scratch.path("mapped", ".safetensors")

    private func write(_ count: Int) throws {
        try Safetensors.write(["a": .ones([count]), "b": .ones([count])], to: path)
    }
    private func isNamed(_ error: (any Error)?) -> Bool {
        (error as? MappedFileError)?.path == path && "\(error ?? Cancelled())".contains(path)
    }

    @Test func `the values of a file that was cut short are an error that names it`() throws {
        try write(1 << 20)
        let file = try Safetensors.File(path), tensor = try file.tensor("b")
        #expect(try tensor.floats().allSatisfy { $0 == 1 })
        #expect(truncate(path, 8192) == 0)
        #expect(isNamed(#expect(throws: MappedFileError.self) { try tensor.floats() }))
        #expect(isNamed(#expect(throws: MappedFileError.self) { try tensor.withBytes { $0[0] } }))
        #expect(isNamed(#expect(throws: MappedFileError.self) { try tensor.slice(0, 0..<1).item() }))
        #expect(isNamed(#expect(throws: MappedFileError.self) { try file.withBytes(of: "b") { $0[0] } }))
        #expect(isNamed(#expect(throws: MappedFileError.self) { try file.tensors() }))
        #expect(try Tensor([1 as Float]).floats() == [1])
    }

    @Test func `an operator goes on with zeros, and the check after it names the file`() throws {
        try write(1 << 20)
        var tensor: Tensor? = try Safetensors.File(path).tensor("b")
        #expect(truncate(path, 8192) == 0)
        #expect(try tensor?.sum().item() == 0)
        #expect(isNamed(#expect(throws: MappedFileError.self) { try MappedFile.checkAll() }))
        tensor = nil
        try MappedFile.checkAll()
    }

    @Test func `a file that went before anybody asked is told once`() throws {
        try write(1 << 20)
        try {
            let tensor = try Safetensors.File(path).tensor("b")
            #expect(truncate(path, 8192) == 0)
            #expect(try tensor.sum().item() == 0)
        }()
        #expect(isNamed(#expect(throws: MappedFileError.self) { try MappedFile.checkAll() }))
        try MappedFile.checkAll()
    }

    @Test func `a file that is cut within its last page is noticed, too`() throws {
        try write(4)
        let file = try Safetensors.File(path)
        #expect(truncate(path, 20) == 0)
        #expect(isNamed(#expect(throws: MappedFileError.self) { try file.tensor("a") }))
    }

    @Test func `a file that was replaced or removed stays as it was`() throws {
        try write(1 << 20)
        let file = try Safetensors.File(path)
        try Safetensors.write(["c": .zeros([1])], to: path)
        #expect(try file.tensor("b").sum().item() == 1_048_576)
        unlink(path)
        #expect(try file.tensor("a").sum().item() == 1_048_576)
    }

    @Test func `latents of a file that was cut short are an error that names it`() throws {
        try TorchFile.write(TorchValue(["latents": .tensor(.ones([1 << 20]))]), to: path)
        let tensor = try #require(try TorchFile.read(path)["latents"]?.tensor)
        #expect(truncate(path, 4096) == 0)
        #expect(isNamed(#expect(throws: MappedFileError.self) { try tensor.floats() }))
    }
}
