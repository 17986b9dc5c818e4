/// What TAB offers.
package struct Completion: Sendable, Equatable {
    /// One way to go on.
    package struct Candidate: Sendable, Equatable {
        /// What the completed part of the line becomes.
        package var text: String
        /// Its name in the listing, when that is shorter than `text`.
        var name: String
        /// `"method"`, `"option: number"`, `"file"`.
        var type: String
        /// One line of help.
        var summary: String

        package init(_ text: String, name: String? = nil, type: String = "", summary: String = "") {
            (self.text, self.name, self.type, self.summary) = (text, name ?? text, type, summary)
        }
    }
    /// UTF-8 offset into the line where the completed part begins; it ends at the cursor.
    var start: Int
    var candidates: [Candidate]
    /// What follows when the only candidate has been taken (`" "`, `"("`, `"\""`), or nothing.
    var append: String?

    package init(start: Int, candidates: [Candidate], append: String? = nil) {
        (self.start, self.candidates, self.append) = (start, candidates, append)
    }

    /// The rows of the listing: `name  type  one line of help`, in columns, within `width`.
    func rows(width: Int) -> [String] {
        let names = candidates.map { SafeText.line($0.name) }
        let nameWidth = min(names.map { TextWidth.of($0) }.max() ?? 0, max(12, width / 2))
        let typeWidth = min(candidates.map { TextWidth.of($0.type) }.max() ?? 0, max(8, width / 4))
        return candidates.indices.map { index in
            var row = TextFitting.pad(names[index], to: nameWidth)
            if typeWidth > 0 { row += "  " + TextFitting.pad(candidates[index].type, to: typeWidth) }
            if !candidates[index].summary.isEmpty { row += "  " + SafeText.line(candidates[index].summary) }
            while row.last == " " { row.removeLast() }
            return TextFitting.truncate(row, to: width)
        }
    }
}
