import NN
import TestSupport
import Testing
import Torch

@Suite struct WeightsTests {
    @Test(arguments: 0..<8)
    func `fp32 weights begin at whole cache lines wherever a file has them`(_ padding: Int) throws {
        let path = Scratch.path("weights", ".safetensors"), note = String(repeating: "x", count: 8 * padding)
        let tensors = ["a": try Tensor.ones([3]), "b": try Tensor.ones([5, 7])]
        try Safetensors.write(tensors, metadata: ["note": note], to: path)
        let weights = Weights(try Safetensors.read(path), source: path)
        for (key, shape) in [("a", [3]), ("b", [5, 7])] {
            let taken = try weights.take(key, shape: shape)
            let place = try taken.withBytes { UInt(bitPattern: $0.baseAddress) }
            #expect(place % 64 == 0, "\(key)")
            #expect(try taken.isEqual(to: tensors[key] ?? taken))
        }
    }
}
