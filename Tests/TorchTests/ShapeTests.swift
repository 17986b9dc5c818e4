import TestSupport
import Testing

@testable import Torch

@Suite struct ShapeTests {
    @Test(
        arguments: [
            ([], 1), ([3, 4], 12), ([1 << 40, 1 << 40, 0], 0), ([1 << 62], 1 << 62), ([1 << 62, 2], nil),
            ([-1, 0], nil),
            ([-1, -1], nil), ([.max, 1], .max),
        ] as [([Int], Int?)])
    func `elements are counted, or cannot be`(lengths: [Int], count: Int?) {
        #expect(Shape.elementCount(lengths) == count)
    }
    @Test func `bytes are counted with the elements`() {
        #expect(Shape.elementCount([1 << 61], size: 2) == 1 << 62)
        #expect(Shape.elementCount([1 << 61], size: 4) == nil)
    }

    @Test func `an axis of length 1 is not walked along, whatever its stride`() throws {
        let layout = try #require(StridedLayout(shape: [2, 1, 2], strides: [3, .max, 1], offset: 0))
        #expect(layout.count == 4 && layout.end == 5 && !layout.isContiguous)
        var target = [UInt8](repeating: 9, count: 4)
        let source: [UInt8] = [0, 1, 2, 3, 4]
        try source.withUnsafeBytes { source in
            let start = try #require(source.baseAddress)
            target.withUnsafeMutableBytes { layout.gather(from: start, size: 1, into: $0) }
        }
        #expect(target == [0, 1, 3, 4])
    }

    @Test func `an empty tensor of immense axes is read, and written again`() throws {
        let path = Scratch.path("immense", ".safetensors")
        let item = SafetensorsWriter.Item("a", .float32, [1 << 40, 1 << 40, 0]) { try $0(.init(start: nil, count: 0)) }
        try SafetensorsWriter.write([item], to: path)
        let file = try Safetensors.File(path)
        #expect(file.header["a"]?.shape == [1 << 40, 1 << 40, 0] && file.header["a"]?.count == 0)
        let large = SafetensorsWriter.Item("a", .float32, [1 << 40, 1 << 40]) { _ in }
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsWriter.write([large], to: path) }
        #expect(error?.path == path && error?.description.contains("too large to count") == true)
    }

    @Test func `more than 4 GiB do not go into a .pt file`() throws {
        var archive = StoredArchiveWriter(-1, path: "x.pt"), byte: UInt8 = 0
        withUnsafePointer(to: &byte) { start in
            // It is refused before anything is read.
            let content = UnsafeRawBufferPointer(start: start, count: 5 << 30)
            let error = #expect(throws: TorchFileError.self) { try archive.add("data/0", content) }
            #expect(error?.description.contains("4 GiB") == true)
        }
    }
}
