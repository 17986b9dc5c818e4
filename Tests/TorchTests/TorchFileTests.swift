import Base
import Glibc
import TestSupport
import Testing
import Torch

@Suite struct TorchFileTests {
    private func read(_ name: String) throws -> TorchValue { try TorchFile.read(Fixtures.path(name)) }
    private func failure(_ path: String) -> String {
        do { return "no error: \(try TorchFile.read(path))" } catch { return "\(error)" }
    }
    private func ramp(_ count: Int) -> [Float] { (0..<count).map(Float.init) }

    // MARK: Python's files

    @Test(arguments: ["latents.pt", "protocol4.pt", "torch16.pt"])
    func `latents of the reference's preprocessing are read`(name: String) throws {
        let file = try read(name), latents = try #require(file["latents"]?.tensor)
        #expect(latents.dtype == .bfloat16 && latents.shape == [6, 4])
        #expect(try latents.floats() == ramp(24))
        #expect(file["num_frames"]?.integer == 1 && file["height"]?.integer == 2 && file["width"]?.integer == 3)
        #expect(file["fps"]?.number == 24)
        #expect(file.members?.map(\.key) == ["latents", "num_frames", "height", "width", "fps"])
    }

    @Test func `conditions are read`() throws {
        let file = try read("condition.pt")
        #expect(try file["prompt_embeds"]?.tensor?.floats() == ramp(8))
        #expect(file["prompt_attention_mask"]?.tensor?.dtype == .bool)
        #expect(try file["prompt_attention_mask"]?.tensor?.floats() == [1, 0])
    }

    @Test func `a tensor without axes is the number in it`() throws {
        let path = Scratch.path("scalars", ".pt")
        try TorchFile.write(
            TorchValue([
                "frames": .tensor(.full([], 3, dtype: .int64)), "fps": .tensor(.full([], 23.5)),
                "whole": .tensor(.full([], 24)), "large": .tensor(.full([], 1e30)), "list": .tensor(.zeros([1])),
            ]), to: path)
        let file = try TorchFile.read(path)
        #expect(file["frames"]?.integer == 3 && file["frames"]?.number == 3)
        #expect(file["fps"]?.number == 23.5 && file["fps"]?.integer == nil)
        #expect(file["whole"]?.integer == 24 && file["large"]?.integer == nil && file["list"]?.integer == nil)
    }

    @Test func `every element type is read`() throws {
        let file = try read("dtypes.pt")
        #expect(file.members?.count == DType.allCases.count)
        for (name, value) in file.members ?? [] {
            let expected: [Float] = name == "bool" ? [0, 1, 1, 1, 1, 1] : ramp(6)
            #expect(try value.tensor?.floats() == expected, "\(name)")
        }
        #expect(file["float8_e4m3fn"]?.tensor?.dtype == .float8e4m3fn && file["int16"]?.tensor?.dtype == .int16)
    }

    @Test func `tensors that are not laid out row by row are read`() throws {
        let file = try read("strides.pt")
        var transposed: [Float] = []
        for w in 0..<4 { for b in 0..<2 { for h in 0..<3 { transposed.append(Float(b * 12 + h * 4 + w)) } } }
        let expected: [(String, [Int], [Float])] = [
            ("transposed", [4, 2, 3], transposed),
            ("sliced", [2, 2], [16, 18, 20, 22]), ("shared", [3, 4], (12..<24).map(Float.init)),
            ("expanded", [3, 2], [0, 0, 1, 1, 2, 2]), ("empty", [0, 3], []), ("scalar", [], [2.5]),
            ("flipped", [3, 3], [1, 5, 9, 2, 6, 10, 3, 7, 11]),
        ]
        for (name, shape, values) in expected {
            let tensor = try #require(file[name]?.tensor)
            #expect(tensor.shape == shape, "\(name)")
            #expect(try tensor.floats() == values, "\(name)")
        }
    }

    @Test func `state dictionaries and parameters are read`() throws {
        let state = try read("state_dict.pt")
        #expect(state.members?.map(\.key) == ["weight", "bias"])
        #expect(try state["weight"]?.tensor?.floats() == ramp(6) && state["weight"]?.tensor?.shape == [3, 2])
        #expect(try read("parameter.pt").tensor?.floats() == ramp(6))
    }

    @Test func `plain values are read`() throws {
        let file = try read("nested.pt")
        let list = try #require(file["list"]?.items)
        #expect(list.prefix(7).map(\.integer) == [1, -1, 300, 70000, -2_147_483_648, 1 << 40, -(1 << 40)])
        #expect(file["again"]?.items?.count == 8 && list[7].items?.count == 3)
        let tuple = try #require(file["tuple"]?.items)
        #expect(tuple[0].number == 1.5 && tuple[1].string == "é中🎬" && tuple[2].items?.isEmpty == true)
    }

    // MARK: Our files

    @Test func `what is written is read back`() throws {
        let path = Scratch.path("file", ".pt")
        let tensors = try DType.allCases.map { try Tensor([0, 1, 1] as [Float]).to($0) }
        try TorchFile.write(
            TorchValue([
                "latents": .tensor(try Tensor(ramp(6), shape: [2, 3]).transposed(0, 1)), "num_frames": .integer(3),
                "fps": .number(23.976),
                "more": .list([.none, .bool(true), .string("é"), .integer(-5), .integer(.min), .tuple([])]),
                "all": .list(tensors.map { .tensor($0) }), "empty": .tensor(try .zeros([0, 2])),
            ]), to: path)
        let file = try TorchFile.read(path)
        #expect(try file["latents"]?.tensor?.floats() == [0, 3, 1, 4, 2, 5])
        #expect(file["num_frames"]?.integer == 3 && file["fps"]?.number == 23.976)
        #expect(file["more"]?.items?[4].integer == .min)
        for (value, tensor) in zip(file["all"]?.items ?? [], tensors) {
            let back = try #require(value.tensor)
            #expect(back.dtype == tensor.dtype)
            #expect(try back.isEqual(to: tensor), "\(tensor.dtype)")
        }
        #expect(file["empty"]?.tensor?.shape == [0, 2])
    }

    @Test func `tensors are views of the file and outlive its name`() throws {
        let path = Scratch.path("file", ".pt")
        try TorchFile.write(.tensor(try Tensor(ramp(1000))), to: path)
        let tensor = try #require(try TorchFile.read(path).tensor)
        unlink(path)
        #expect(try tensor.floats() == ramp(1000))
        #expect(try (tensor + 1).sum().item() == 500_500)
    }

    // MARK: Hostile files

    @Test(arguments: [("os_system", "system"), ("eval", "eval"), ("getattr", "getattr"), ("hidden", "remove")])
    func `a pickle that asks for code is refused by its name`(name: String, function: String) throws {
        let error = #expect(throws: TorchFileError.self) { try read("attack_\(name).pt") }
        #expect(
            error?.kind == "pt.forbidden" && error?.key?.hasSuffix(function) == true, "\(String(describing: error))")
        #expect(!Files.exists("ran_code"))
    }

    @Test func `other formats are refused with the reason`() throws {
        #expect(failure(Fixtures.path("compressed.pt")).contains("is compressed"))
        #expect(failure(Fixtures.path("legacy.pt")).contains("before 1.6"))
        #expect(failure(Fixtures.path("mixed.safetensors")).contains("no zip file"))
        #expect(failure("/tmp").contains("cannot read '/tmp'"))
        #expect(failure(Fixtures.path("nothing.pt")).contains("no such file"))
    }

    @Test func `a file cut off anywhere is refused`() throws {
        let path = Scratch.path("file", ".pt"), bytes = try Files.read(Fixtures.path("latents.pt"))
        for count in stride(from: 0, to: bytes.count, by: 13) {
            try AtomicFile.write(bytes[..<count], to: path)
            #expect(throws: TorchFileError.self) { try TorchFile.read(path) }
        }
    }

    @Test func `a damaged byte of a tensor is noticed`() throws {
        let path = Scratch.path("file", ".pt")
        var bytes = try Files.read(Fixtures.path("latents.pt"))
        let place = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [0x80, 0x3F, 0x00, 0x40, 0x40, 0x40]) })
        bytes[place] ^= 1
        try AtomicFile.write(bytes, to: path)
        #expect(failure(path).contains("checksum"))
    }

    /// A pickle in an archive with one 8-byte record, checksums and all.
    private func archive(_ pickle: [UInt8]) throws -> String {
        let path = Scratch.path("file", ".pt")
        try AtomicFile.replace(path) { descriptor in
            let bytes = TestArchive.bytes([
                ("a/data.pkl", pickle), ("a/data/0", [1, 0, 0, 0, 2, 0, 0, 0]), ("a/version", [51, 10]),
            ])
            try bytes.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
        }
        return path
    }
    private func tensor(offset: Int, shape: [Int], strides: [Int], type: String = "IntStorage", count: Int = 2)
        -> [UInt8]
    {
        func int(_ value: Int) -> [UInt8] { [0x8A, 8] + withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        func tuple(_ items: [UInt8]) -> [UInt8] { [0x28] + items + [0x74] }
        func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }
        let storage =
            tuple(text("storage") + Array("ctorch\n\(type)\n".utf8) + text("0") + text("cpu") + int(count)) + [0x51]
        let body = storage + int(offset) + tuple(shape.flatMap(int)) + tuple(strides.flatMap(int)) + [0x89]
        return [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8)
            + tuple(body + Array("ccollections\nOrderedDict\n)R".utf8)) + [0x52, 0x2E]
    }

    @Test func `a tensor outside its record is refused`() throws {
        let good = try archive(tensor(offset: 0, shape: [2], strides: [1]))
        #expect(try TorchFile.read(good).tensor?.ints() == [1, 2])
        unlink(good)
        let cases: [(pickle: [UInt8], reason: String)] = [
            (tensor(offset: 1, shape: [2], strides: [1]), "reaches element 3 of 2"),
            (tensor(offset: 0, shape: [2], strides: [2]), "reaches element 3 of 2"),
            (tensor(offset: 0, shape: [3], strides: [1]), "reaches element 3 of 2"),
            (tensor(offset: -1, shape: [2], strides: [1]), "described wrongly"),
            (tensor(offset: 0, shape: [2], strides: [-1]), "described wrongly"),
            (tensor(offset: 0, shape: [-2], strides: [1]), "described wrongly"),
            (tensor(offset: 0, shape: [2, 2], strides: [1]), "described wrongly"),
            (tensor(offset: .max, shape: [2], strides: [1]), "too large"),
            (tensor(offset: 0, shape: [1 << 62, 4], strides: [0, 0]), "too large"),
            (tensor(offset: 0, shape: [1 << 31, 2], strides: [0, 1]), "repeats its elements"),
            (tensor(offset: 0, shape: [2], strides: [.max]), "too large"),
            (tensor(offset: 0, shape: [2], strides: [1], count: 3), "has 8 bytes for 3 elements"),
            (tensor(offset: 0, shape: [2], strides: [1], count: .max), "has 8 bytes"),
            (tensor(offset: 0, shape: [2], strides: [1], type: "LongStorage"), "has 8 bytes for 2 elements"),
            (tensor(offset: 0, shape: [2], strides: [1], type: "QInt8Storage"), "asks to run 'torch.QInt8Storage'"),
        ]
        for (pickle, reason) in cases {
            let path = try archive(pickle)
            #expect(failure(path).contains(reason), "\(failure(path))")
            #expect(failure(path).contains(path))
            unlink(path)
        }
    }

    @Test func `pickles that would exhaust memory or the stack are refused`() throws {
        let start: [UInt8] = [0x80, 2]
        let cases: [(pickle: [UInt8], reason: String)] = [
            (start + [0x29] + Array(repeating: 0x85, count: 100_000) + [0x2E], "nested deeper than 64"),
            (
                start + Array(repeating: 0x5D, count: 100_000) + Array(repeating: 0x61, count: 99_999) + [0x2E],
                "nested deeper than 64"
            ),
            (start + [0x5D, 0x71, 0, 0x68, 0, 0x61, 0x2E], "nested deeper than 64"),  // a list that holds itself
            (start + Array(repeating: 0x4E, count: 310_000) + [0x2E], "more than 300000 values"),
            // Ten thousand times ten thousand times ten thousand, in 400 bytes.
            (
                start + [0x5D]
                    + (0..<6).flatMap {
                        [0x71, $0, 0x5D, 0x28] + Array(repeating: [0x68, $0], count: 30).flatMap { $0 } + [0x65]
                    } + [0x2E],
                "more than 300000 values"
            ),
            (start + [0x2E], "its stack is empty"), (start + [0x28, 0x2E], "its stack is empty"),
            (start, "it is cut off"),
            (start + [0x68, 9, 0x2E], "nothing was put in place 9"),
            (start + [0x8A, 200, 1, 0x2E], "an integer of 200 bytes"),
            (start + [0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], "it is cut off"),
            (start + [0x81, 0x2E], "the instruction 0x81"),
            (start + [0x4E, 0x4E, 0x52, 0x2E], "a call was expected"),
            (start + [0x4E, 0x51, 0x2E], "a storage was expected"),
            ([0x80, 9, 0x2E], "protocol 9"),
        ]
        for (pickle, reason) in cases {
            let path = try archive(pickle)
            #expect(failure(path).contains(reason), "\(failure(path).prefix(200))")
            unlink(path)
        }
    }

    @Test func `archives that lie about their records are refused`() throws {
        let path = Scratch.path("file", ".pt")
        let whole = TestArchive.bytes([("a/data.pkl", [0x80, 2, 0x4E, 0x2E]), ("a/version", [51, 10])])
        try AtomicFile.write(whole, to: path)
        _ = try TorchFile.read(path)
        let twice = TestArchive.bytes([("a/data.pkl", [0x80, 2, 0x4E, 0x2E]), ("a/data.pkl", [0x80, 2, 0x4E, 0x2E])])
        try AtomicFile.write(twice, to: path)
        #expect(failure(path).contains("is there twice"))
        try AtomicFile.write(TestArchive.bytes([("a/other", [1])]), to: path)
        #expect(failure(path).contains("'data.pkl' is missing"))
        // The central directory's offsets, sizes and counts, set to the extremes one by one.
        let directory = whole.count - 22 - 2 * 46 - "a/data.pkla/version".utf8.count
        for place in stride(from: directory, to: whole.count - 1, by: 2) {
            for value: UInt8 in [0, 1, 0x7F, 0xFF] {
                var bytes = whole
                (bytes[place], bytes[place + 1]) = (value, value)
                try AtomicFile.write(bytes, to: path)
                _ = try? TorchFile.read(path)  // any outcome but a crash
            }
        }
    }

    @Test func `random mutations never crash the reader`() throws {
        let path = Scratch.path("file", ".pt")
        var random = SplitMix64(seed: 11), refused = 0
        let seeds = try ["latents.pt", "strides.pt", "nested.pt", "dtypes.pt"].map { try Files.read(Fixtures.path($0)) }
        for round in 0..<3000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...random.next() % 3 { random.mutate(&bytes) }
            do {
                try Files.overwriteForTest(path, bytes)
                _ = try TorchFile.read(path)
            } catch let error as TorchFileError {
                refused += 1
                #expect("\(error)".contains(path))
            }
        }
        #expect(refused > 1000)
    }

    @Test func `random mutations of the pickle alone never crash the reader`() throws {
        let path = Scratch.path("file", ".pt")
        var random = SplitMix64(seed: 12), refused = 0
        let seeds = [
            tensor(offset: 0, shape: [2], strides: [1]), tensor(offset: 0, shape: [1, 1, 2], strides: [2, 2, 1]),
            try TestArchive.record("data.pkl", of: Fixtures.path("nested.pt")),
        ]
        for round in 0..<5000 {
            var pickle = seeds[round % seeds.count]
            for _ in 0...random.next() % 3 { random.mutate(&pickle) }
            let archive = TestArchive.bytes([("a/data.pkl", pickle), ("a/data/0", [1, 0, 0, 0, 2, 0, 0, 0])])
            do {
                try Files.overwriteForTest(path, archive)
                _ = try TorchFile.read(path)
            } catch let error as TorchFileError {
                refused += 1
                #expect("\(error)".contains(path))
            }
        }
        #expect(refused > 1000)
    }
}
