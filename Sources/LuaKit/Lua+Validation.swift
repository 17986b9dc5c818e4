extension Lua {
    /// Declarations are checked when they are registered, in debug builds: a mistake in one is ours.
    func validate(_ info: ClassInfo) throws {
        #if DEBUG
            precondition(!self.catalogue.contains { $0.name == info.name }, "\(info.name) is registered twice")
            for functions in [info.functions, info.methods] {
                Self.checkUnique(functions.map(\.name), in: info.name)
                for function in functions {
                    precondition(!function.help.isEmpty, "\(function.path) has no help")
                    Self.checkUnique(function.arguments.map(\.name), in: function.path)
                    for argument in function.arguments {
                        precondition(!argument.help.isEmpty, "\(function.path): '\(argument.name)' has no help")
                    }
                    let positional = function.arguments.filter { !$0.isOption }.map(\.isOptional)
                    precondition(
                        !zip(positional, positional.dropFirst()).contains { $0 && !$1 },
                        "\(function.path): an argument with a default comes before one without")
                }
            }
            Self.checkUnique(info.memberNames, in: info.name)
        #endif
    }
    private static func checkUnique(_ names: [String], in place: String) {
        var seen: Set<String> = []
        for name in names { precondition(seen.insert(name).inserted, "\(place): '\(name)' is declared twice") }
    }
}
