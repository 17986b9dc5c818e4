import LuaKit

/// What people write who come from other languages, and the Lua for it: one sentence for a chunk that does not compile, or for a
/// name that is nothing.
enum LuaHabits {
    // MARK: Names

    /// What a name that is nothing here may have been meant for.
    static func ofName(_ name: String) -> String? {
        if commands.contains(name) { return "!\(name) runs it in a shell" }
        return names[name]
    }
    private static let commands: Set<String> = [
        "ls", "cd", "pwd", "cat", "cp", "mv", "rm", "mkdir", "git", "vim", "nano", "python", "python3", "pip", "ffmpeg",
        "ffprobe", "nvidia", "top", "htop", "less", "head", "tail", "grep", "find", "df", "du", "echo", "which", "man",
    ]
    private static let names: [String: String] = [
        "None": "Lua's word is nil", "null": "Lua's word is nil", "undefined": "Lua's word is nil",
        "NULL": "Lua's word is nil", "nullptr": "Lua's word is nil",
        "True": "Lua's word is true", "False": "Lua's word is false",
        "len": "#x is the length of x", "range": "for i = 1, 10 do … end counts", "str": "tostring(x) makes a text",
        "int": "math.floor(x) or tonumber(x) makes a number", "float": "tonumber(x) makes a number",
        "enumerate": "for i, x in ipairs(list) do … end", "input": "ask(\"question\") or io.read() asks",
        "open": "Dataset.open, Config.load, io.open open things",
        "dir": "who() lists your names, TAB TAB what x. goes on with",
        "vars": "who() lists your names", "globals": "who() lists your names", "typeof": "type(x) names the type",
        "isinstance": "type(x) names the type", "append": "list[#list + 1] = x adds to a list",
        "push": "list[#list + 1] = x adds to a list", "sum": "for _, x in ipairs(list) do total = total + x end",
        "map": "for i, x in ipairs(list) do … end", "filter": "ds:filter(function(clip) return … end)",
        "sorted": "table.sort(list), or ds:sorted(\"duration\")", "max": "math.max(a, b)", "min": "math.min(a, b)",
        "abs": "math.abs(x)", "round": "math.floor(x + 0.5)", "pprint": "the name alone prints it",
        "inspect": "the name alone prints it", "clear": "Ctrl-L clears the screen", "cls": "Ctrl-L clears the screen",
        "history": "Ctrl-R searches what was typed", "sleep": "os.execute(\"sleep 1\") waits",
        "printf": "print(string.format(\"%d\", x))", "echo": "print(x)",
        "this": "methods are called with a colon: ds:split()",
        "import": "require \"name\" loads a module", "lambda": "function(x) return … end", "def": "function f(x) … end",
        "f": "string.format(\"%d clips\", #ds) puts values into a text", "del": "x = nil forgets a name",
    ]

    // MARK: Chunks

    /// What a chunk that does not compile may have been meant for.
    static func ofSyntax(_ chunk: String) -> String? {
        let tokens = ChunkLexer.tokens(chunk)
        return strangeCharacter(tokens, in: chunk) ?? command(tokens, in: chunk) ?? operators(tokens, in: chunk)
            ?? keywordAsName(tokens) ?? slices(tokens) ?? tables(tokens) ?? conditions(tokens) ?? words(tokens)
    }

    /// A character that was pasted from a page.
    private static func strangeCharacter(_ tokens: [LuaToken], in chunk: String) -> String? {
        let bytes = Array(chunk.utf8)
        guard let token = tokens.first(where: { $0.kind == .symbol && $0.text.utf8.first.map { $0 >= 0x80 } ?? true }),
            let character = String(decoding: bytes[token.start...], as: UTF8.self).first
        else { return nil }
        let column = String(decoding: bytes[..<token.start].split(separator: 10).last ?? [], as: UTF8.self).count + 1
        let place = "'\(SafeText.line(String(character)))' at column \(column)"
        switch character {
        case "“", "”", "„", "«", "»", "‘", "’", "‚", "″", "′", "`", "´":
            return "\(place) is a typographic quote: Lua's are \" and '"
        case "\u{A0}", "\u{2007}", "\u{202F}", "\u{3000}", "\u{200B}":
            return "there is a space of another kind (a no-break space) at column \(column): type a blank"
        case "–", "—", "−", "‐", "‑": return "\(place) is a dash: the minus sign is -"
        case "…": return "\(place) is one character: Lua has three dots ..."
        case "×": return "\(place): Lua multiplies with *"
        case "÷": return "\(place): Lua divides with /"
        case "≠": return "\(place): not equal is ~="
        case "≤", "≥": return "\(place): write <= or >="
        default:
            if (0xFF01...0xFF5E).contains(character.unicodeScalars.first?.value ?? 0) {
                return "\(place) is of full width: type it without the input method"
            }
            return "\(place): names are of ASCII letters, digits and _; text stands in quotes"
        }
    }
    /// `ls -l`, `cd clips`.
    private static func command(_ tokens: [LuaToken], in chunk: String) -> String? {
        guard let first = tokens.first, first.kind == .name, commands.contains(first.text), tokens.count > 1,
            !["=", ".", ":", "(", "["].contains(tokens[1].text)
        else { return nil }
        return "!\(SafeText.line(chunk)) runs it in a shell"
    }
    private static func operators(_ tokens: [LuaToken], in chunk: String) -> String? {
        if let first = tokens.first, first.text == "#" || first.text == "//" { return "a comment begins with --" }
        for (a, b) in zip(tokens, tokens.dropFirst()) where a.kind == .symbol && b.kind == .symbol && a.end == b.start {
            switch a.text + b.text {
            case "!=": return "not equal is ~= in Lua"
            case "+=", "-=", "*=", "/=", "%=", "..=", "^=", "//=":
                return "Lua has no \(a.text)=: write x = x \(a.text) 1"
            case "++": return "Lua has no ++: write x = x + 1"
            case "&&": return "Lua's word is and"
            case "||": return "Lua's word is or"
            case "=>": return "an entry of a table is { name = value }, a function is function(x) return … end"
            case "===", "!==": return "equal is ==, not equal is ~="
            default: break
            }
        }
        if tokens.contains(where: { $0.kind == .symbol && $0.text == "!" }) { return "Lua's word for ! is not" }
        if tokens.contains(where: { $0.kind == .symbol && $0.text == "?" }) {
            return "a choice is condition and a or b; ?x at the beginning of a line is help"
        }
        return nil
    }
    /// `{ end = 5 }`
    private static func keywordAsName(_ tokens: [LuaToken]) -> String? {
        for place in tokens.indices.dropFirst().dropLast() {
            let token = tokens[place]
            guard token.kind == .name, Lua.keywords.contains(token.text), tokens[place + 1].text == "=" else {
                continue
            }
            if ["{", ","].contains(tokens[place - 1].text) {
                return token.text == "end"
                    ? "'end' is a word of Lua's own: write stop = … (or [\"end\"] = …)"
                    : "'\(token.text)' is a word of Lua's own; as an option it is written [\"\(token.text)\"] = …"
            }
            if tokens[place - 1].text == "." {
                return "'\(token.text)' is a word of Lua's; as a field it is written x[\"\(token.text)\"]"
            }
        }
        return nil
    }
    /// `ds[1:3]`
    private static func slices(_ tokens: [LuaToken]) -> String? {
        var depth = 0
        for token in tokens where token.kind == .symbol {
            depth += token.text == "[" ? 1 : token.text == "]" ? -1 : 0
            if depth > 0, token.text == ":" { return "a part is ds:slice(1, 3), of a text s:sub(1, 3)" }
        }
        return nil
    }
    /// `{ "a": 1 }`, `[1, 2]`
    private static func tables(_ tokens: [LuaToken]) -> String? {
        for (a, b) in zip(tokens, tokens.dropFirst()) where b.kind == .symbol && b.text == ":" {
            if case .string(isOpen: false) = a.kind {
                return "an entry of a table is { [\"\(SafeText.line(a.text))\"] = value }"
            }
        }
        for place in tokens.indices where tokens[place].kind == .symbol && tokens[place].text == "[" {
            guard place > 0 else { return "a list is { 1, 2, 3 }" }
            let before = tokens[place - 1]
            if before.kind == .symbol, ["=", "(", ",", "{", "["].contains(before.text),
                before.text == "=" || before.text == "("
            {
                return "a list is { 1, 2, 3 }"
            }
        }
        return nil
    }
    /// `if x = 1 then`
    private static func conditions(_ tokens: [LuaToken]) -> String? {
        var isCondition = false, depth = 0
        for token in tokens {
            if token.kind == .name, ["if", "elseif", "while"].contains(token.text) { isCondition = true }
            if token.kind == .name, ["then", "do"].contains(token.text) { isCondition = false }
            if token.kind == .symbol { depth += "({".contains(token.text) ? 1 : ")}".contains(token.text) ? -1 : 0 }
            if isCondition, depth <= 0, token.kind == .symbol, token.text == "=" { return "equal is ==; = assigns" }
            if isCondition, depth <= 0, token.kind == .symbol, token.text == ":", token == tokens.last {
                return "a block is if … then … end, while … do … end"
            }
        }
        return nil
    }
    private static func words(_ tokens: [LuaToken]) -> String? {
        guard let first = tokens.first, first.kind == .name else { return nil }
        let second = tokens.dropFirst().first
        switch first.text {
        case "import", "from": return "require \"name\" loads a module"
        case "def", "fn", "func": return "a function is function f(x) … end"
        case "var", "let", "const": return "a variable needs no word: x = 1"
        case "elif": return "Lua's word is elseif"
        case "try": return "pcall(f) catches an error"
        case "class": return "a table does what a class does; ds:split() calls a method"
        case "del": return "x = nil forgets a name"
        case "help" where second?.kind == .name: return "?\(second?.text ?? "") explains a name"
        case "print" where second.map { [.name, .number].contains($0.kind) } ?? false: return "print(x), with brackets"
        case "for" where tokens.last?.text == ":": return "a loop is for x in ds do … end"
        default: return nil
        }
    }
}
