import Base
import Testing
import Torch

/// What torch gives, from Tests/Fixtures/make_nn_values.py.
struct Values {
    let json: JSON

    init() throws {
        let folder = Path.folder(Path.folder(#filePath))
        json = try Files.json(Path.join(folder, "Fixtures/nn_values.json"))
    }
    func list(_ key: String) throws -> [JSON] { try #require(json[key]?.array) }
}

extension JSON {
    func numbers(_ key: String) throws -> [Double] { try #require(self[key]?.array).map { try #require($0.number) } }
    func ints(_ key: String) throws -> [Int] { try #require(self[key]?.array).map { try #require($0.integer) } }
    func number(_ key: String) throws -> Double { try #require(self[key]?.number) }
    /// `torch.float32` and its kin, without the module.
    func dtype() throws -> DType { try #require(self["dtype"]?.string) == "bfloat16" ? .bfloat16 : .float32 }
}

extension JSON {
    /// Numbers that torch printed, in the dtype that they came from.
    func tensor(_ shape: [Int], _ dtype: DType) throws -> Tensor {
        let values = try #require(array).map { Float(try #require($0.number)) }
        return try Tensor(values, shape: shape).to(dtype)
    }
}

/// How far a is from b, as a share of b's length; in fp64.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    let b = try b.to(.float64)
    return try (a.detached().to(.float64) - b).norm().item() / b.norm().item()
}
