import Base
import TestSupport
import Testing

@testable import Workbench

@Suite struct EventFileTests {
    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// As `tensorboard` 2.20 writes the same events (`RecordWriter`, `event_pb2`).
    @Test func `records are TensorBoard's, byte for byte`() {
        let summary = EventFile.Message().message(
            1, EventFile.Message().text(1, "train/loss").float(2, 0.25))
        let event = EventFile.Message().number(1, 1.5).integer(2, 300).message(5, summary)
        #expect(
            hex(EventFile.record(event))
                == "2100000000000000017becf609000000000000f83f10ac022a130a110a0a747261696e2f6c6f7373150000803e6557981f")
        let start = EventFile.Message().number(1, 1.5).integer(2, 1).message(7, EventFile.Message().integer(1, 1))
        #expect(hex(EventFile.record(start)) == "0f000000000000006d532b0909000000000000f83f10013a0208012967c289")
    }

    @Test func `a run that goes on begins a file that comes after the others, and takes later steps back`() throws {
        let folder = try Scratch.folder("events")
        var first = EventFile(folder, after: 0), second = EventFile(folder, after: 1)
        let steps = (1...2).map {
            Run.Step(step: $0, loss: 0.5, learningRate: 1e-3, gradientNorm: .nan, seconds: 1, smoothLoss: 0.5)
        }
        try first.add([steps[0]])
        try first.add([steps[1]])
        try second.add([steps[1]])
        let files = try Files.list(folder)
        #expect(files.count == 2)
        let contents = try files.map { try records(Files.read(Path.join(folder, $0))) }
        #expect(contents.map(\.count) == [4, 3])
        // The start of the second file is of step 2, which is told anew.
        #expect(hex(contents[1][1]).hasSuffix("10023a020801"))
        #expect(hex(contents[0][3].dropFirst(9)) == hex(contents[1][2].dropFirst(9)))
        #expect(!String(decoding: contents[0][2], as: UTF8.self).contains("grad_norm"))
    }
    /// The contents of the records of a file, after checking their sums.
    private func records(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var rest = bytes[...], found: [[UInt8]] = []
        func number(_ count: Int) -> UInt64 {
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while !rest.isEmpty {
            let length = Array(rest.prefix(8)), count = Int(number(8))
            #expect(number(4) == UInt64(CRC32C.masked(length)))
            found.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            #expect(number(4) == UInt64(CRC32C.masked(try #require(found.last))))
        }
        return found
    }
}
