/// What one command changed: undone and redone as one.
struct Edit: Sendable {
    /// For the person who undoes it: `"replace (12 captions)"`.
    let title: String
    let changes: [Change]

    var inverse: Edit { Edit(title: title, changes: changes.reversed().map(\.inverse)) }
}
