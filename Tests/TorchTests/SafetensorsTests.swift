import Base
import TestSupport
import Testing
import Torch

@Suite struct SafetensorsTests {
    let path = Scratch.path("safetensors", ".safetensors")

    @Test func `what is written is read back without a copy`() throws {
        let tensors = [
            "a": try Tensor([1, 2, 3] as [Float]).to(.bfloat16),
            "b": try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]),
            "c": try Tensor([true, false]), "empty": try Tensor.zeros([0, 4]),
        ]
        try Safetensors.write(tensors, metadata: ["format": "pt"], to: path)
        let file = try Safetensors.File(path)
        #expect(file.header.metadata == ["format": "pt"])
        for (name, tensor) in tensors {
            let read = try file.tensor(name)
            #expect(read.dtype == tensor.dtype)
            #expect(try read.isEqual(to: tensor))
        }
    }

    private func write(_ header: String, _ data: Int, length: UInt64? = nil) throws {
        let text = Array(header.utf8)
        let length = withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) }
        try AtomicFile.write(length + text + [UInt8](repeating: 0, count: data), to: path)
    }
    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "cut off"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "follow the last"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "hole"),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            12, "'b' overlaps"
        ),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "takes 12"),
        (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8, "unknown dtype"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "bad shape"),
        (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#, 8, "too large"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "bad data_offsets"),
        (
            #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#,
            1, "duplicate"
        ),
        (#"{"__metadata__":{"x":1}}"#, 0, "not a string"), (#" {}"#, 0, "start with"), ("[]", 0, "start with"),
        (#"{"a":1}"#, 0, "needs exactly"),
    ])
    func `a bad header is refused with the reason`(header: String, data: Int, reason: String) throws {
        try write(header, data)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.path == path)
    }
    @Test(arguments: [
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        ("\n<html lang=\"en\"><head></head></html>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "git lfs pull"),
        ("PK\u{3}\u{4}\u{0}\u{0}\u{8}\u{8}\u{0}\u{0}\u{0}\u{0}archive/data.pkl", "torch.save"),
        ("GGUF\u{3}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}\u{0}", "GGUF"), (#"{"error":"access denied"}"#, "JSON"),
        ("oops", "8 bytes"),
    ])
    func `a file of another kind is called what it is`(content: String, kind: String) throws {
        try AtomicFile.write(content, to: path)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        #expect(error?.description.contains(kind) == true, "\(String(describing: error))")
        #expect(error?.path == path)
    }
    @Test func `a pickle is called what it is`() throws {
        try AtomicFile.write([0x80, 2, 0x7D, 0x71, 0, 0x28, 0x58, 1, 0, 0], to: path)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        #expect(error?.description.contains("a Python pickle") == true)
    }
    @Test func `no metadata may be written as null`() throws {
        try write(#"{"__metadata__":null,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8)
        let file = try Safetensors.File(path)
        #expect(file.header.metadata == [:] && file.header.entries.map(\.name) == ["a"])
    }
    @Test func `a header larger than the file or the format is refused`() throws {
        try write("{}", 0, length: 1000)
        #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        try write("{}", 0, length: .max)
        #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        try AtomicFile.write([1, 2, 3], to: path)
        #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
        try AtomicFile.write([UInt8](), to: path)
        #expect(throws: SafetensorsError.self) { try Safetensors.File(path) }
    }
}
