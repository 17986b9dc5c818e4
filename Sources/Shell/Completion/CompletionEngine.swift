import Base
import LuaKit

/// What TAB offers: from the binding tables and from looking at values, never by running code.
struct CompletionEngine {
    typealias Candidate = Completion.Candidate
    private let interpreter: Interpreter
    private let resolver: ValueResolver
    private var lua: Lua { interpreter.lua }

    init(_ interpreter: Interpreter) { (self.interpreter, resolver) = (interpreter, ValueResolver(interpreter)) }

    /// The ways to go on at a UTF-8 offset of the line. The rows before it say what it is a part of; they stay as they are.
    func complete(_ line: String, cursor: Int, after rows: String = "") -> Completion? {
        guard !rows.isEmpty else { return complete(line, cursor: cursor) }
        let above = rows + "\n", offset = above.utf8.count
        guard var found = complete(above + line, cursor: offset + cursor), found.start >= offset else { return nil }
        found.start -= offset
        return found
    }
    private func complete(_ line: String, cursor: Int) -> Completion? {
        let before = String(decoding: Array(line.utf8).prefix(cursor), as: UTF8.self)
        var tokens = ChunkLexer.tokens(before)
        let end = before.utf8.count
        guard let last = tokens.last else { return names("", start: end) }
        switch last.kind {
        case .openComment: return nil
        case .string(isOpen: true):
            tokens.removeLast()
            return inString(OpenString(last, in: line), tokens)
        case .name where last.end == end:
            tokens.removeLast()
            return afterTokens(tokens, partial: last.text, start: last.start)
        default: return afterTokens(tokens, partial: "", start: end)
        }
    }

    /// The entries of a table that are looked at.
    private static var longest: Int { 200_000 }

    // MARK: Names

    private func afterTokens(_ tokens: [LuaToken], partial: String, start: Int) -> Completion? {
        guard let previous = tokens.last, previous.kind == .symbol else { return names(partial, start: start) }
        if previous.text == "=", partial.isEmpty, let present = resolver.present(assignedTo: tokens.dropLast()) {
            return Completion(start: start, candidates: [Candidate(present, type: "as it is")])
        }
        if previous.text == "=", let values = resolver.values(assignedTo: tokens.dropLast()), !values.isEmpty {
            let found = values.filter { $0.hasPrefix(partial) }.map { Candidate($0, type: "value") }
            if !found.isEmpty { return Completion(start: start, candidates: found) }
        }
        if let table = TableContext(tokens, resolver), !table.fields.isEmpty {
            if table.isAtName { return offer(table.fields.map { field($0) }, partial, start) }
            let found = table.values.filter { $0.hasPrefix(partial) }.map { Candidate($0, type: "value") }
            if !found.isEmpty { return Completion(start: start, candidates: found) }
        }
        if [".", ":"].contains(previous.text) {
            let end = tokens.count - 1
            guard let first = ValueResolver.chainStart(tokens, endingAt: end),
                let known = resolver.assigned(to: tokens[first..<end], in: tokens[..<first])
                    ?? resolver.resolve(tokens[first..<end])
            else { return nil }
            return offer(members(of: known, withColon: previous.text == ":"), partial, start)
        }
        if let call = CallContext(tokens, resolver) {
            if call.isAtOptionName {
                let options = call.function.arguments.filter { !call.given.contains($0.name) }.map { option($0) }
                let found = offer(options, partial, start)
                // `{` may also begin a table of values.
                if let found, !found.candidates.isEmpty { return found }
            }
            if let argument = call.argument, !argument.type.values.isEmpty || argument.type.annotation == "boolean" {
                let values = argument.type.values.map { "\"\($0)\"" }
                let all = values.isEmpty ? ["true", "false"] : values
                let found = all.filter { $0.hasPrefix(partial) }.map { Candidate($0, type: "value") }
                if !found.isEmpty { return Completion(start: start, candidates: found) }
            }
        }
        return names(partial, start: start)
    }
    /// Globals and keywords.
    private func names(_ partial: String, start: Int) -> Completion? {
        let entries = (try? lua.globalEntries()) ?? []
        var found: [Candidate] = entries.compactMap { key, value in
            guard let name = key.string, isName(name), !Interpreter.isResult(name) || partial.hasPrefix("_") else {
                return nil
            }
            if let info = lua.info(value) { return function(info) }
            if let info = lua.info(name), info.isNamespace { return Candidate(name, type: "table", summary: info.help) }
            return Candidate(name, type: value.typeName)
        }
        found += Lua.keywords.map { Candidate($0, type: "keyword") }
        return offer(found, partial, start)
    }
    private func members(of known: KnownValue, withColon: Bool) -> [Candidate] {
        switch known {
        case .namespace(let info):
            if withColon { return [] }
            let values = info.hasObjects ? [] : info.properties
            return info.functions.map { function($0) } + info.methods.map { function($0) }
                + values.map { Candidate($0.name, type: $0.type, summary: $0.help) }
        case .instance(let info): return members(of: info, withColon, info.knownMembers([]))
        case .part(let info, let path):
            return withColon ? [] : info.knownMembers(path).map { Candidate($0.name, type: $0.type, summary: $0.help) }
        case .type("string"), .value(.string): return withColon ? tableMembers("string") : []
        case .value(.object(let object)):
            guard let inspector = lua.inspector(of: object) else { return [] }
            return members(of: inspector.info, withColon, inspector.dynamicMembers(object))
        case .value(.reference(let reference)): return tableMembers(reference, onlyFunctions: withColon)
        case .value(.table(let table)):
            return table.pairs.compactMap { pair in
                pair.key.string.flatMap { isName($0) ? Candidate($0, type: pair.value.typeName) : nil }
            }
        default: return []
        }
    }
    private func members(of info: ClassInfo, _ withColon: Bool, _ dynamic: [MemberInfo]) -> [Candidate] {
        if withColon { return info.methods.map { function($0) } }
        let properties = info.properties.map { Candidate($0.name, type: $0.type, summary: $0.help) }
        return properties
            + dynamic.filter { isName($0.name) }.map {
                Candidate($0.name, type: $0.type.isEmpty ? info.namedElement ?? "field" : $0.type, summary: $0.help)
            }
    }
    private func tableMembers(_ global: String) -> [Candidate] {
        (try? lua.global(global).reference).flatMap { $0 }.map { tableMembers($0, onlyFunctions: true) } ?? []
    }
    private func tableMembers(_ reference: LuaReference, onlyFunctions: Bool) -> [Candidate] {
        var found: [Candidate] = [], seen: Set<String> = [], table: LuaReference? = reference
        // A class made of tables finds its methods through __index.
        for _ in 0..<8 {
            guard let here = table, here.type == .table, let entries = try? here.entries(limit: Self.longest) else {
                break
            }
            for (key, value) in entries.pairs {
                guard let name = key.string, isName(name), seen.insert(name).inserted else { continue }
                let info = lua.info(value)
                if onlyFunctions, info == nil, value.reference?.type != .function { continue }
                found.append(info.map { function($0) } ?? Candidate(name, type: value.typeName))
            }
            table = (try? here.metatable()?.raw(.string("__index")))?.reference
        }
        return found
    }

    // MARK: Inside strings

    private func inString(_ open: OpenString, _ tokens: [LuaToken]) -> Completion? {
        if tokens.last?.text == "=", open.text.isEmpty, open.close == "\"",
            let present = resolver.present(assignedTo: tokens.dropLast()), present.hasPrefix("\"")
        {
            return Completion(start: open.start - 1, candidates: [Candidate(present, type: "as it is")])
        }
        let assigned =
            tokens.last?.text == "=" ? resolver.values(assignedTo: tokens.dropLast()) : nil
        if let values = assigned ?? TableContext(tokens, resolver)?.values, !values.isEmpty {
            let texts = values.filter { $0.hasPrefix("\"") }.map { String($0.dropFirst().dropLast()) }
            return offer(texts.map { Candidate($0, type: "value") }, in: open)
        }
        if let call = CallContext(tokens, resolver), let argument = call.argument {
            let names = argument.type.values + argument.type.suggestions()
            if !names.isEmpty {
                // A path may be meant instead of a name.
                if argument.type.path == nil || names.contains(where: { $0.hasPrefix(open.text) }) {
                    return offer(names.map { Candidate($0, type: "value") }, in: open)
                }
            }
            if call.function.path == "help" { return helpNames(open) }
            guard argument.type.path != nil || argument.type.annotation == "any" else { return nil }
            return PathCompletion.complete(open, kind: argument.type.path ?? .any)
        }
        if let last = tokens.last, last.text == "[",
            let first = ValueResolver.chainStart(tokens, endingAt: tokens.count - 1),
            let known = resolver.resolve(tokens[first..<tokens.count - 1]), let keys = keys(of: known)
        {
            return offer(keys, in: open)
        }
        if tokens.last?.text == "help" { return helpNames(open) }
        let isInBrackets = tokens.last?.kind == .symbol && tokens.last?.text == "("
        switch (isInBrackets ? tokens.dropLast() : tokens[...]).last?.text {
        case "require": return offer(ModuleCompletion.candidates(open.text, lua), in: open)
        case "dofile", "loadfile": return PathCompletion.complete(open, kind: .script)
        default: return PathCompletion.complete(open, kind: .any)
        }
    }
    /// What may stand between `["` and `"]`: names of any spelling.
    private func keys(of known: KnownValue) -> [Candidate]? {
        switch known {
        case .value(.object(let object)):
            (lua.inspector(of: object)?.dynamicMembers(object) ?? []).map {
                Candidate($0.name, type: $0.type.isEmpty ? "name" : $0.type, summary: $0.help)
            }
        case .value(.reference(let reference)) where reference.type == .table:
            ((try? reference.entries(limit: Self.longest))?.pairs ?? []).compactMap { key, value in
                key.string.map { Candidate($0, type: value.typeName) }
            }
        default: nil
        }
    }
    private func helpNames(_ open: OpenString) -> Completion? {
        offer(interpreter.helpIndex.entries.map { Candidate($0.name, type: "topic") }, in: open)
    }
    /// The candidates that go on from what the string says.
    private func offer(_ all: [Candidate], in open: OpenString) -> Completion? {
        let found = all.filter { $0.text.hasPrefix(open.text) }.compactMap { candidate in
            open.written(candidate.text).map {
                Candidate($0, name: candidate.name, type: candidate.type, summary: candidate.summary)
            }
        }
        return Completion(start: open.start, candidates: found, append: open.close)
    }

    // MARK: Candidates

    private func function(_ info: FunctionInfo) -> Candidate {
        Candidate(info.name, type: info.isMethod ? "method" : "function", summary: info.help)
    }
    private func option(_ info: ArgumentInfo) -> Candidate {
        let value = info.defaultText.map { " = \($0)" } ?? ""
        return Candidate(info.name, type: "option: \(info.type.summary)\(value)", summary: info.help)
    }
    private func field(_ info: MemberInfo) -> Candidate {
        Candidate(info.name, type: info.type.isEmpty ? "option" : "option: \(info.type)", summary: info.help)
    }
    private func offer(_ all: [Candidate], _ partial: String, _ start: Int) -> Completion? {
        var seen: Set<String> = []
        let found = all.filter { $0.text.hasPrefix(partial) && seen.insert($0.text).inserted }.sorted {
            $0.text < $1.text
        }
        guard !found.isEmpty else { return nil }
        return Completion(start: start, candidates: found, append: found.count == 1 ? follower(found[0]) : nil)
    }
    private func follower(_ candidate: Candidate) -> String? {
        switch candidate.type {
        case "keyword": " "
        case "function", "method": "("
        case _ where candidate.type == "option" || candidate.type.hasPrefix("option: "): "="
        default: nil
        }
    }
    private func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { ChunkLexer.isNameByte($0) } && !Lua.keywords.contains(text)
    }
}
