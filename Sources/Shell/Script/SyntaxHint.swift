/// What a person meant who wrote a word of Lua's where a name belongs.
enum SyntaxHint {
    /// For `{ end = 3 }`, Python's spelling of an option; `nil` for any other text.
    static func end(in chunk: String) -> String? {
        var rest = chunk[...]
        while let found = rest.range(of: "end") {
            let before = rest[..<found.lowerBound].last { !$0.isWhitespace }
            let after = rest[found.upperBound...].drop { $0.isWhitespace }
            if let before, "{,(;".contains(before), after.first == "=", after.dropFirst().first != "=" {
                return "'end' is a word of Lua's own: write stop = … (or [\"end\"] = …)"
            }
            rest = rest[found.upperBound...]
        }
        return nil
    }
}
