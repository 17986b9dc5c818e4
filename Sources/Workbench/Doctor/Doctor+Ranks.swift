import Base
import Foundation
import Glibc
import Torch

/// What several ranks need of each other: every rank looks, and rank 0 tells.
extension Doctor {
    /// Bytes that are summed to measure the link: about the gradients of a LoRA of rank 16 on a 2B model.
    private static var measured: Int { 64 << 20 }

    mutating func lookAtRanks() {
        do {
            guard let place = try SessionRanks.place(), place.size > 1 else { return }
            let devices = Backend.cudaDevices
            let ranks = try SessionRanks.join(devices > place.localRank ? .cuda(place.localRank) : .cpu)
            try lookAtDevices(ranks, place, devices)
            try lookAtLink(ranks)
            try lookAtClocks(ranks)
            try lookAtFolder(ranks)
        } catch {
            checkup.add(
                "ranks", .problem, "\(error)",
                fix:
                    "see that every rank was started, and that GLOO_SOCKET_IFNAME names the interface between the hosts"
            )
        }
    }
    private mutating func lookAtDevices(_ ranks: any Ranks, _ place: RankVariables, _ devices: Int) throws {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let facts = try ranks.gather(Array("\(host)|\(devices)|\(place.localRank)".utf8)).map { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "|").map(String.init)
        }
        let hosts = Set(facts.map { $0[0] }).count
        let lacking = facts.indices.filter { (Int(facts[$0][1]) ?? 0) <= (Int(facts[$0][2]) ?? 0) }
        let isMixed = !lacking.isEmpty && lacking.count < facts.count
        let groups = Dictionary(grouping: facts) { "\($0[0]) \($0[2])" }.values
        let what = lacking.isEmpty ? "a CUDA device each" : isMixed ? "" : "on processors"
        checkup.add(
            "ranks", isMixed || groups.contains { $0.count > 1 } ? .problem : .ok,
            isMixed
                ? "no CUDA device for \(lacking.map { "rank \($0)" }.joined(separator: ", "))"
                : "\(ranks.count) on \(counted(hosts, "host")), \(what)",
            fix: isMixed
                ? "start as many ranks on a host as it has devices"
                : groups.contains { $0.count > 1 }
                    ? "two ranks of a host have one LOCAL_RANK: start them with torchrun" : "")
    }
    private mutating func lookAtLink(_ ranks: any Ranks) throws {
        let buffer = try Tensor.zeros([Self.measured / 4])
        func seconds() throws -> Double {
            try ranks.meet()
            let began = ContinuousClock.now
            try ranks.sum(gradientsOf: [], in: .float32)(buffer)
            return began.duration(to: .now) / .seconds(1)
        }
        _ = try seconds()
        let best = try (0..<3).map { _ in try seconds() }.min() ?? 0
        // What a ring sends out of each rank.
        let traffic = 2 * Double(ranks.count - 1) / Double(ranks.count) * Double(Self.measured)
        checkup.add(
            "link", .ok,
            "\(Int((best * 1000).rounded())) ms to average \(ByteCount(Self.measured)), \(ByteCount(Int(traffic / best))) a second out of each "
                + "rank, through host memory")
    }
    private mutating func lookAtClocks(_ ranks: any Ranks) throws {
        var spread = Double.infinity
        for _ in 0..<5 {
            try ranks.meet()
            let times = try ranks.gather(Array("\(Date().timeIntervalSince1970)".utf8)).compactMap {
                Double(String(decoding: $0, as: UTF8.self))
            }
            spread = min(spread, (times.max() ?? 0) - (times.min() ?? 0))
        }
        let isFar = spread > 1
        checkup.add(
            "clocks", isFar ? .warning : .ok, "at most \(Int((spread * 1000).rounded(.up))) ms apart",
            fix: isFar ? "training goes on all the same; logs of several hosts are easier to read with NTP" : "")
    }
    private mutating func lookAtFolder(_ ranks: any Ranks) throws {
        let folder = Path.absolute(Files.isFolder(place("outputs")) ? place("outputs") : place("."))
        var mark = Path.join(folder, ".ltxsh-ranks-\(getpid())")
        defer { if ranks.isFirst { unlink(mark) } }
        if ranks.isFirst { try? Files.append("x", to: mark) }
        mark = try ranks.share(RankMessage(0, mark)).text
        for _ in 0..<50 where !Files.exists(mark) { Thread.sleep(forTimeInterval: 0.1) }
        let seen = try ranks.gather([Files.exists(mark) ? 1 : 0])
        let blind = seen.indices.filter { seen[$0] != [1] }.map { "rank \($0)" }
        checkup.add(
            "shared folder", blind.isEmpty ? .ok : .problem,
            blind.isEmpty
                ? "every rank sees what rank 0 writes to '\(folder)'"
                : "\(blind.joined(separator: ", ")) does not see what rank 0 writes to '\(folder)'",
            fix: blind.isEmpty
                ? "" : "data, models and outputs have to lie on a file system that all hosts share, under one path")
    }
}
