// A child for the mutation tests: damages files of every kind that is read and reads them.
//
//     file-mutation FOLDER COUNT SEED [FIRST]
//
// Case n is a function of SEED and n alone. What reading throws must be a `UserError` that names the file; each that does
// not is a line "unnamed N KIND ERROR". The number of the case at hand is in FOLDER/case, and its file is left there, for
// the case in which this process ends by a signal. Ends with "end COUNT read R refused F".
//
//     file-mutation FOLDER bus
//
// Reads beyond the end of a mapping that is not the project's, with its guard in place: ends by SIGBUS.
import Base
import Glibc
import Torch

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}

func overwrite(_ path: String, _ bytes: [UInt8]) throws {
    // Without waiting for the disk, a hundred thousand times.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError.last("create", path) }
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
}

/// Ends the process by SIGBUS, or returns.
func readBeyondTheEnd(in folder: String) throws {
    let guarded = Path.join(folder, "guarded"), bare = Path.join(folder, "bare")
    try overwrite(guarded, [1, 2, 3])
    try overwrite(bare, Array(repeating: 1, count: 1 << 16))
    let file = try MappedFile(guarded)
    let descriptor = open(bare, O_RDWR | O_CLOEXEC)
    let start = mmap(nil, 1 << 16, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let start, start != MAP_FAILED, ftruncate(descriptor, 0) == 0 else { throw FileError.last("map", bare) }
    say("read \(start.load(fromByteOffset: 1 << 15, as: UInt8.self)) beside \(file.bytes.count)")
}

let words = CommandLine.arguments
if words.count == 3, words[2] == "bus" {
    try readBeyondTheEnd(in: words[1])
    exit(0)
}
guard words.count >= 4, let count = Int(words[2]), let seed = UInt64(words[3]) else { exit(2) }
let first = words.count > 4 ? Int(words[4]) ?? 0 : 0
let specimens = try Specimen.all(in: words[1])
let mark = open(Path.join(words[1], "case"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
var read = 0, refused = 0
for number in first..<first + count {
    var random = SplitMix64(seed: seed &+ UInt64(number) &* 0x9E37_79B9)
    let specimen = specimens[number % specimens.count]
    let line = Array("\(number) \(specimen.path)          \n".utf8)
    _ = line.withUnsafeBytes { pwrite(mark, $0.baseAddress, $0.count, 0) }
    try overwrite(specimen.path, specimen.mutated(&random))
    do {
        try specimen.read()
        read += 1
    } catch let error as any UserError {
        refused += 1
        let name = Path.name(specimen.path)
        if error.path.map(Path.name) != name, !error.description.contains(name) {
            say("unnamed \(number) \(specimen.name) \(error)")
        }
    } catch {
        say("unnamed \(number) \(specimen.name) \(error)")
    }
    try overwrite(specimen.path, specimen.bytes)
}
try MappedFile.checkAll()
say("end \(count) read \(read) refused \(refused)")
