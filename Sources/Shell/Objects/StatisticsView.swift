import Base
import LuaKit
import Workbench

/// What `ds:stats()` gives: counts and ranges that print as a card.
package final class StatisticsView: LuaObject, Sendable {
    package static let luaName = "DatasetStats"
    let statistics: DatasetStatistics

    init(_ statistics: DatasetStatistics) { self.statistics = statistics }

    package static var luaClass: LuaClass<StatisticsView> {
        LuaClass("Counts, durations, sizes, rates and caption lengths of a dataset, and the buckets that would fit.") {
            $0.property("clips", "How many clips.") { $0.statistics.clips }
            $0.property("captioned", "Clips with a caption.") { $0.statistics.captioned }
            $0.property("excluded", "Clips that preprocessing leaves out.") { $0.statistics.excluded }
            $0.property("missing", "Clips whose file is not there.") { $0.statistics.missing }
            $0.property("unreadable", "Clips whose file cannot be read.") { $0.statistics.unreadable }
            $0.property("duration", "Seconds of all clips together.") { $0.statistics.duration }
            $0.property("bytes", "Bytes of all files together.") { $0.statistics.bytes }
            $0.property(
                "durations", "Seconds a clip: {min, median, max}.",
                returns: "{min: number, median: number, max: number}?"
            ) { range($0.statistics.durations) }
            $0.property(
                "frames", "Frames a clip: {min, median, max}.", returns: "{min: number, median: number, max: number}?"
            ) { range($0.statistics.frames) }
            $0.property(
                "words", "Words a caption: {min, median, max}.", returns: "{min: number, median: number, max: number}?"
            ) { range($0.statistics.words) }
            $0.property("sizes", "Picture sizes, most frequent first.") { counts($0.statistics.sizes) }
            $0.property("fps", "Frame rates, most frequent first.") { counts($0.statistics.rates) }
            $0.property("buckets", "Training sizes that fit, for how many clips, and the share cut off.") {
                buckets($0.statistics.buckets)
            }
            $0.property("plan", "Of the sizes that were asked about: how many clips preprocessing would make of each.")
            {
                counts($0.statistics.plan)
            }
            $0.property("too_short", "Videos that are too short for all of these sizes.") { $0.statistics.tooShort }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }

    private static func range(_ range: DatasetStatistics.Range?) -> LuaValue {
        guard let range else { return .none }
        let fields = [("min", range.least), ("median", range.median), ("max", range.most)]
        return .table(LuaTable(fields: fields.map { ($0.0, .number($0.1)) }))
    }
    private static func counts(_ counts: [DatasetStatistics.Count]) -> RecordList {
        RecordList(
            "none", columns: ["value", "clips"], records: counts.map { [.string($0.value), .integer($0.clips)] })
    }
    private static func buckets(_ buckets: [DatasetStatistics.Bucket]) -> RecordList {
        RecordList(
            "no bucket fits", columns: ["size", "clips", "cropped"],
            records: buckets.map { [.string($0.size), .integer($0.clips), .number($0.cropped)] })
    }
}

extension StatisticsView: Displayable {
    package var oneLine: String { "\(counted(statistics.clips, "clip")), \(statistics.captioned) captioned" }
    package func lines(_ context: DisplayContext) -> [String] {
        let stats = statistics
        var card = Card(counted(stats.clips, "clip"))
        card.add("captioned", "\(stats.captioned)" + (stats.excluded > 0 ? ", \(stats.excluded) excluded" : ""))
        if stats.missing + stats.unreadable > 0 {
            card.add("problems", "\(stats.missing) missing, \(stats.unreadable) unreadable: see ds:check()")
        }
        card.add("total", "\(NumberText.significant(stats.duration, 4)) s, \(ByteCount(stats.bytes))")
        card.add("seconds", Self.text(stats.durations))
        card.add("frames", Self.text(stats.frames))
        card.add("words", Self.text(stats.words))
        card.add("sizes", Self.text(stats.sizes))
        card.add("fps", Self.text(stats.rates))
        let buckets = stats.buckets.map { bucket in
            let cut = bucket.cropped > 0.005 ? ", \(Int((bucket.cropped * 100).rounded())) % cut off" : ""
            return "\(bucket.size)  \(counted(bucket.clips, "clip"))\(cut)"
        }
        card.add("buckets", buckets.isEmpty ? nil : buckets.joined(separator: "\n"))
        let short = stats.tooShort > 0 ? ["\(counted(stats.tooShort, "video")) too short"] : []
        let plan = stats.plan.map { "\($0.value)  \(counted($0.clips, "clip"))" } + short
        card.add("plan", plan.isEmpty ? nil : plan.joined(separator: "\n"))
        return card.lines(context)
    }
    private static func text(_ range: DatasetStatistics.Range?) -> String? {
        range.map {
            let numbers = [$0.least, $0.median, $0.most].map { value in
                Int(exactly: value).map { "\($0)" } ?? NumberText.significant(value, 3)
            }
            return "\(numbers[0]) to \(numbers[2]), median \(numbers[1])"
        }
    }
    private static func text(_ counts: [DatasetStatistics.Count]) -> String? {
        counts.isEmpty ? nil : counts.prefix(6).map { "\($0.value) (\($0.clips))" }.joined(separator: ", ")
    }
}
