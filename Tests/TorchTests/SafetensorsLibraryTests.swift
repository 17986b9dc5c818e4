import Base
import Glibc
import TestSupport
import Testing

@testable import Torch

/// Agreement with the files of the reference library, and what no library writes.
@Suite struct SafetensorsLibraryTests {
    @Test(arguments: ["mixed.safetensors", "none.safetensors"])
    func `a file is written byte for byte as the library writes it`(name: String) throws {
        let path = Scratch.path("file", ".safetensors"), original = Fixtures.path(name)
        let file = try Safetensors.File(original)
        try Safetensors.write(file.tensors(), metadata: file.header.metadata, to: path)
        #expect(try Files.read(path) == Files.read(original))
    }

    @Test func `the library's values are read`() throws {
        let file = try Safetensors.File(Fixtures.path("mixed.safetensors"))
        #expect(file.header.entries.count == 2 * DType.allCases.count + 3)
        for dtype in DType.allCases {
            let entries = file.header.entries.filter { $0.dtype == dtype && $0.shape.count == 2 && $0.shape[0] > 0 }
            #expect(entries.map(\.shape).sorted { $0[0] < $1[0] } == [[2, 3], [3, 2]], "\(dtype)")
            for entry in entries {
                let expected: [Float] = dtype == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]
                #expect(try file.tensor(entry.name).floats() == expected)
            }
        }
        #expect(try file.tensor("scalar").item() == 1.5 && file.tensor("empty").shape == [0, 4])
        #expect(throws: SafetensorsError.self) { try file.tensor("scaler") }
        do { _ = try file.tensor("scaler") } catch { #expect("\(error)".contains("did you mean 'scalar'?")) }
    }

    @Test func `writing to a tensor over a file leaves the file alone`() throws {
        let path = Scratch.path("file", ".safetensors")
        try Safetensors.write(["a": try Tensor([1, 2, 3] as [Float])], to: path)
        let before = try Files.read(path)
        let tensor = try Safetensors.File(path).tensor("a")
        try tensor.withMutableBytes { $0[3] = 0 }
        #expect(try tensor.floats() != [1, 2, 3])
        #expect(try Files.read(path) == before)
        #expect(try Safetensors.File(path).tensor("a").floats() == [1, 2, 3])
    }

    @Test func `a file may be replaced while its tensors are in use`() throws {
        let path = Scratch.path("file", ".safetensors")
        try Safetensors.write(["a": try Tensor([1, 2, 3] as [Float])], to: path)
        let tensors = try Safetensors.read(path)
        try Safetensors.write(["a": try #require(tensors["a"]) * 2], to: path)
        #expect(try tensors["a"]?.floats() == [1, 2, 3])
        #expect(try Safetensors.read(path)["a"]?.floats() == [2, 4, 6])
    }

    @Test func `a tensor that is not aligned in the file is read all the same`() throws {
        let path = Scratch.path("file", ".safetensors")
        let header =
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        let values: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]
        try AtomicFile.write(length + Array(header.utf8) + [7] + values, to: path)
        #expect(try Safetensors.read(path)["b"]?.floats() == [1.5, -2])
    }

    @Test func `an item whose bytes do not fit leaves no file`() throws {
        let path = Scratch.path("file", ".safetensors")
        let item = SafetensorsWriter.Item("a", .float32, [2]) { body in
            try [UInt8](repeating: 0, count: 7).withUnsafeBytes(body)
        }
        #expect(throws: SafetensorsError.self) { try SafetensorsWriter.write([item], to: path) }
        #expect(!Files.exists(path))
        #expect(throws: SafetensorsError.self) { try SafetensorsWriter.write([item, item], to: path) }
    }

    @Test(arguments: [
        "../x.safetensors", "a/../../x.safetensors", "/etc/passwd", "C:\\x.safetensors", "C:x.safetensors",
        "\\\\host\\share\\x",
        "..\\x", "~/x", "~root/x", "a\0b", "", ".", "./x", "a//b", "a/", "%2e%2e/x", "a/%2E%2E/x", "x\n", "//host/x",
        "file:///x",
        "a\u{7F}", "a/./b", "..", "../", "/", "https://x/y", "\u{1}", "a/..",
    ])
    func `an index that names a file outside its folder is refused`(name: String) throws {
        let folder = try Scratch.folder("model"), index = Path.join(folder, "model.safetensors.index.json")
        let map = JSON.object(JSONObject([("weight_map", .object(JSONObject([("a", .string(name))])))]))
        try AtomicFile.write(map.text(), to: index)
        let error = #expect(throws: SafetensorsError.self) { try Checkpoint.read(folder, stem: "model") }
        #expect(error?.path == index && error?.description.contains("must lie beside") == true)
    }

    @Test func `random mutations never crash the reader`() throws {
        let path = Scratch.path("file", ".safetensors")
        var random = SplitMix64(seed: 5), refused = 0
        let seed = try Files.read(Fixtures.path("mixed.safetensors"))
        let headerEnd = try Safetensors.File(Fixtures.path("mixed.safetensors")).header.dataStart
        for _ in 0..<2000 {
            var bytes = seed
            for _ in 0...random.next() % 3 { random.mutate(&bytes, within: headerEnd) }
            do {
                try Files.overwriteForTest(path, bytes)
                for tensor in try Safetensors.read(path).values { _ = try tensor.to(.float32).sum().item() }
            } catch let error as SafetensorsError {
                refused += 1
                #expect("\(error)".contains(path))
            }
        }
        #expect(refused > 500)
    }
}
