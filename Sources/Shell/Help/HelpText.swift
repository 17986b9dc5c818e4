import Configuration
import Base
import LuaKit

/// The pages of help, as lines that fit the terminal.
struct HelpText {
    private let interpreter: Interpreter
    private let context: DisplayContext
    private var style: Stylist { context.style }
    private var index: HelpIndex { interpreter.helpIndex }

    init(_ interpreter: Interpreter, _ context: DisplayContext) {
        (self.interpreter, self.context) = (interpreter, context)
    }

    // MARK: Topics

    /// Help as a call asks for it. A name that is nothing arrives as nil.
    func answer(to values: [LuaValue]) throws -> [String] {
        guard values.count == 1, values[0].isNil else { return try answer(values.first ?? .none) }
        return wrapped("That name is nothing here. A name in quotes is looked for: help \"Captioner\"")
    }
    /// Help on a Lua value. That nothing mentions a word is an answer, too, and no reason for a script to end.
    func answer(_ value: LuaValue) throws -> [String] {
        do { return try lines(value) } catch let missing as HelpMissing { return wrapped("\(missing)") }
    }
    /// Help on a name, an expression or a text to search for; the overview for nothing.
    func lines(_ topic: String) throws -> [String] {
        let topic = topic.split(separator: " ").joined(separator: " ")
        if topic.isEmpty { return overview }
        if let entry = index.entry(topic) { return lines(entry) }
        if let page = configurationPage(topic) { return page }
        if let known = ValueResolver(interpreter).resolve(ChunkLexer.tokens(topic)) {
            return lines(known, named: topic)
        }
        return try search(topic)
    }
    /// Help on a Lua value.
    func lines(_ value: LuaValue) throws -> [String] {
        switch value {
        case .none: return overview
        case .string(let topic): return try lines(topic)
        case .reference(let reference) where reference.type == .table:
            let name = (try? reference.metatable()?.raw(.string("__name")))?.string
            if let name, let info = interpreter.lua.info(name) { return page(info) }
            return lines(.value(value), named: "a table")
        default: break
        }
        if let info = interpreter.lua.info(value) { return page(info) }
        return lines(.value(value), named: "value")
    }

    private func lines(_ known: KnownValue, named name: String) -> [String] {
        switch known {
        case .function(let info): return page(info)
        case .namespace(let info), .instance(let info): return page(info)
        case .property(let property): return page(property)
        case .type(let type): return ["\(name): \(type)"]
        case .part(let info, let path):
            return page(info.knownMembers(path), named: ([info.name] + path).joined(separator: "."))
        case .value(.object(let section as ConfigSection)):
            if let page = configurationPage(at: section.path) { return page }
        case .value(.object(let object)):
            if let info = interpreter.lua.inspector(of: object)?.info { return page(info) }
        default: break
        }
        guard case .value(let value) = known else { return [] }
        let shown = ValuePrinter(context).oneLine(DisplaySnapshot(interpreter).value(value), width: context.width - 4)
        if let reference = value.reference {
            if let own = luaOwn(reference) { return own }
            if reference.type == .function {
                return ["\(style(.name, name)): a function of yours, \(shown)", "??\(name) shows its text."]
            }
            if reference.type == .table, shown.hasSuffix("…"), let entries = try? reference.entries(limit: 2000) {
                let names = entries.pairs.compactMap(\.key.string).sorted().joined(separator: ", ")
                return ["\(style(.name, name)): a table of \(entries.count) entries"]
                    + (names.isEmpty ? [] : wrapped("  " + names))
            }
        }
        return ["\(style(.name, name)): \(LuaValue.withArticle(value.typeName))", "  " + shown]
    }

    // MARK: What is Lua's own

    /// Help on a function or table of Lua's libraries; `nil` for anything else.
    private func luaOwn(_ reference: LuaReference) -> [String]? {
        for library in LuaManual.libraries {
            guard let table = (try? interpreter.lua.global(library.name))?.reference else { continue }
            if library.name != "_G", table.identity == reference.identity {
                let title =
                    "\(style(.name, library.name)): Lua's library for \(library.about) (manual §\(library.section))"
                return wrapped(title) + [""]
                    + self.table(library.entries.map { (String($0.usage.dropFirst(library.name.count + 1)), $0.help) })
            }
            guard reference.type == .function, let entries = try? table.entries().pairs,
                let key = entries.first(where: { $0.value.reference?.identity == reference.identity })?.key.string
            else { continue }
            let path = library.name == "_G" ? key : "\(library.name).\(key)"
            guard let entry = LuaManual.entry(path) else {
                return (try? reference.source()) == nil ? ["\(style(.name, path)): a function of Lua's own"] : nil
            }
            return wrapped(style(.name, entry.usage)) + wrapped("  " + entry.help) + [
                "", "  Lua's own: manual §\(entry.section)",
            ]
        }
        return nil
    }

    // MARK: Configurations

    /// Help on a key or section of a configuration, however it is reached: `cfg.lora.rank`, `Config.lora`.
    private func configurationPage(_ topic: String) -> [String]? {
        let tokens = ChunkLexer.tokens(topic), resolver = ValueResolver(interpreter)
        var names: [String] = [], end = tokens.count
        while end >= 3, tokens[end - 1].kind == .name, tokens[end - 2].text == "." {
            names.insert(tokens[end - 1].text, at: 0)
            end -= 2
            let outer: [String]
            switch resolver.resolve(tokens[..<end]) {
            case .value(.object(is Config)): outer = []
            case .value(.object(let section as ConfigSection)): outer = [section.path]
            case .namespace(let info) where info.name == Config.luaName: outer = []
            case .instance(let info) where info.name == Config.luaName: outer = []
            case .part(let info, let path) where info.name == Config.luaName: outer = path
            default: continue
            }
            return configurationPage(at: (outer + names).joined(separator: "."))
        }
        return nil
    }
    private func configurationPage(at path: String) -> [String]? {
        if let key = TrainingConfiguration.key(path) { return page(key) }
        guard let section = TrainingConfiguration.sections.first(where: { $0.name == path }) else { return nil }
        return page(section)
    }
    private func page(_ section: TrainingConfiguration.Section) -> [String] {
        page(Config.members(in: section.name), named: section.name + ": " + section.help)
    }
    private func page(_ members: [MemberInfo], named title: String) -> [String] {
        let name = title.prefix { $0 != ":" }
        return wrapped(style(.name, String(name)) + title.dropFirst(name.count)) + [""]
            + table(members.map { ($0.type.isEmpty ? $0.name : "\($0.name): \($0.type)", $0.help) })
    }
    private func lines(_ entry: HelpIndex.Entry) -> [String] {
        switch entry.subject {
        case .table(let info): page(info)
        case .function(let info): page(info)
        case .property(let info): page(info)
        case .key(let key): page(key)
        case .section(let section): page(section)
        case .command(let command):
            [
                style(.name, ":\(command.name)") + (command.arguments.isEmpty ? "" : " " + command.arguments),
                "  " + command.help,
            ]
        }
    }
    private func search(_ text: String) throws -> [String] {
        let found = index.search(text)
        if found.count == 1 { return lines(found[0]) }
        guard !found.isEmpty else {
            let names = index.entries.flatMap {
                [$0.name, $0.name.split { ".:".contains($0) }.last.map(String.init) ?? ""]
            }
            let hint = Suggestion.hint(for: text, in: names)
            throw HelpMissing(topic: text, hint: hint)
        }
        let shown = found.prefix(30).map { ($0.name, $0.summary) }
        var lines = ["\(found.count) topics mention \(style(.name, LuaValue.printable(text))):", ""] + table(shown)
        if found.count > 30 { lines.append("  and \(found.count - 30) more: add a word") }
        return lines + ["", "help \"NAME\" shows one of them."]
    }

    // MARK: Pages

    private var overview: [String] {
        var lines = [style(.name, "ltxsh") + ": train LoRAs for LTX-Video from a Lua prompt.", ""]
        let width = Day.tasks.map { TextWidth.of($0.name) }.max() ?? 0
        for task in Day.tasks {
            for (place, code) in task.lines.enumerated() {
                let name = TextFitting.pad(place == 0 ? task.name : "", to: width)
                let line = "  " + style(.name, name) + "  " + code
                // On a narrow screen the code has the line for itself: it is there to be copied.
                if width + 4 + TextWidth.of(code) <= context.width {
                    lines.append(line)
                } else {
                    lines += (place == 0 ? ["  " + style(.name, task.name)] : []) + ["    " + code]
                }
            }
        }
        lines += [""] + wrapped("  " + Day.note)
        lines += ["", style(.name, "What there is")]
        let objects = interpreter.lua.catalogue.filter { $0.isNamespace && $0.name != "os" }.map { ($0.name, $0.help) }
        lines += table(
            objects + interpreter.lua.globals.filter { $0.name != "print" }.map { ($0.name + "()", $0.help) })
        lines += ["", style(.name, "Finding out")]
        lines += table([
            ("help(x), ?x", "on an object, a method, a name: ?ds.split"),
            ("help \"word\"", "everything that mentions it, config keys included"),
            ("??x", "where x is defined"), (":step file.lua", "runs it line by line; :debug stops at an error"),
            ("TAB", "completes names, options, values, files"),
            ("_, _1, _2, _err", "the last results, the last error"), (":help", "the prompt's own commands"),
        ])
        return lines
    }
    private func page(_ info: ClassInfo) -> [String] {
        var lines = wrapped(style(.name, info.name) + ": " + info.help)
        func section(_ title: String, _ rows: [(String, String)]) {
            if !rows.isEmpty { lines += ["", style(.name, title)] + table(rows) }
        }
        section("Functions", info.functions.map { (short($0), $0.help) })
        section("Methods", info.methods.map { (short($0), $0.help) })
        section(
            "Properties",
            info.properties.map { ("\($0.name): \($0.type)", $0.help + ($0.isSettable ? " Can be set." : "")) })
        section("Fields", info.knownMembers([]).map { ("\($0.name): \($0.type)", $0.help) })
        var access: [(String, String)] = []
        if let element = info.element { access.append(("x[i], #x, ipairs(x)", element)) }
        if let named = info.namedElement { access.append(("x.name, x[\"name\"]", named)) }
        section("Elements", access)
        if !info.examples.isEmpty {
            lines += ["", style(.name, "Example")] + code(info.examples.joined(separator: "\n"))
        }
        return lines
    }
    private func short(_ info: FunctionInfo) -> String {
        let positional = info.arguments.filter { !$0.isOption }.map { $0.isOptional ? "[\($0.name)]" : $0.name }
        let options = info.arguments.contains(where: \.isOption)
        if positional.isEmpty, options { return info.name + "{…}" }
        return "\(info.name)(\((positional + (options ? ["{…}"] : [])).joined(separator: ", ")))"
    }
    private func page(_ info: FunctionInfo) -> [String] {
        var lines =
            wrapped(style(.name, info.signature) + (info.result.map { " → " + $0 } ?? "")) + wrapped("  " + info.help)
        if !info.arguments.isEmpty {
            lines += [""] + table(info.arguments.map { ("\($0.name): \($0.type.summary)", describe($0)) })
        }
        if let example = info.example { lines += ["", style(.name, "Example")] + code(example) }
        return lines
    }
    private func describe(_ argument: ArgumentInfo) -> String {
        guard let fallback = argument.defaultText else {
            return argument.help + (argument.isOption ? " (must be given)" : "")
        }
        return argument.help + (fallback == "nil" ? "" : " (default \(fallback))")
    }
    private func page(_ info: PropertyInfo) -> [String] {
        var lines = wrapped(
            "\(style(.name, info.path)): \(info.type)" + (info.isSettable ? ", can be set" : ", read only"))
        lines += wrapped("  " + info.help)
        if let type = info.assigned, !type.values.isEmpty || type.range != nil {
            lines.append("  takes: " + type.summary)
        }
        return lines
    }
    private func page(_ key: ConfigurationKey) -> [String] {
        let notes = [key.kind.description, key.bounds.map { "\($0)" }, key.unit].compactMap { $0 }.joined(
            separator: ", ")
        return wrapped("\(style(.name, key.path)): \(notes)") + wrapped("  " + key.help) + [
            "", "  default   " + key.defaultValue.brief, "  example   cfg.\(key.path) = \(key.example)",
        ]
    }

    // MARK: Layout

    /// Two columns; a name that is too wide stands on a line of its own.
    private func table(_ rows: [(String, String)], indent: Int = 2) -> [String] {
        let limit = min(38, context.width / 2)
        let width = rows.map { TextWidth.of($0.0) }.filter { $0 <= limit }.max() ?? 0
        return rows.flatMap { name, text -> [String] in
            let margin = String(repeating: " ", count: indent), room = max(20, context.width - indent - width - 2)
            let texts = wrap(text, room)
            var lines: [String] = [], left = TextFitting.pad(name, to: width)
            if TextWidth.of(name) > width {
                lines.append(margin + style(.name, TextFitting.truncate(name, to: context.width - indent)))
                left = String(repeating: " ", count: width)
            } else {
                left = style(.name, left)
            }
            for (place, line) in texts.enumerated() {
                lines.append(margin + (place == 0 ? left : String(repeating: " ", count: width)) + "  " + line)
            }
            return lines
        }
    }
    private func code(_ text: String) -> [String] { text.split(separator: "\n").map { "  " + $0 } }
    private func wrapped(_ text: String) -> [String] {
        let margin = String(text.prefix { $0 == " " })
        return wrap(String(text.dropFirst(margin.count)), context.width - margin.count).map { margin + $0 }
    }
    private func wrap(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = [], line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, TextWidth.of(line) + 1 + TextWidth.of(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }
}

/// Nothing in help mentions a topic.
struct HelpMissing: UserError {
    let topic: String, hint: String
    var kind: String { "help.missing" }
    var description: String { "nothing mentions '\(LuaValue.printable(topic))'\(hint); help() shows what there is" }
}
