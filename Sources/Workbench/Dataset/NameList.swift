extension Collection<String> {
    /// The first three names and how many follow, for a note: `"a.mp4, b.mp4, c.mp4 and 2 more"`.
    var nameList: String {
        prefix(3).joined(separator: ", ") + (count > 3 ? " and \(count - 3) more" : "")
    }
}
