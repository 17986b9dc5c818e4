import Configuration
import Base
import LuaKit

/// Writes what the bindings declare as documents: `reference/*.md`, and `ltxsh.lua` for editors (LuaCATS annotations).
package struct ReferenceWriter {
    private let lua: Lua
    init(_ lua: Lua) { self.lua = lua }

    /// Every document by its path below `docs/`.
    package static func documents() throws -> [(path: String, text: String)] {
        ReferenceWriter(try Interpreter().lua).documents
    }
    /// Writes the documents. Throws `FileError`.
    func write(to folder: String) throws {
        try Files.makeFolder(Path.join(folder, "reference"))
        for (path, text) in documents { try AtomicFile.write(text, to: Path.join(folder, path)) }
    }

    private var documents: [(path: String, text: String)] {
        let tables = lua.catalogue.filter { $0.name != "os" && $0.name != "sh" }
        var found = tables.map { (path: "reference/\($0.name).md", text: page($0)) }
        found.append(("reference/globals.md", globals))
        found.append(("reference/configuration.md", configuration))
        found.append(("reference/README.md", contents(tables)))
        found.append(("ltxsh.lua", Annotations(lua).text))
        return found
    }

    private let note = "<!-- Generated from the bindings by `ltxsh --write-docs docs`; do not edit. -->\n\n"

    private func contents(_ tables: [ClassInfo]) -> String {
        note + "# Reference\n\n"
            + tables.map { "- [\($0.name)](\($0.name).md): \($0.help)\n" }.joined()
            + "- [Global functions](globals.md)\n- [Configuration keys](configuration.md)\n"
    }
    private var globals: String {
        note + "# Global functions\n" + lua.globals.filter { $0.name != "print" }.map { section($0) }.joined()
    }
    private func page(_ info: ClassInfo) -> String {
        var text = note + "# \(info.name)\n\n\(info.help)\n"
        for example in info.examples { text += "\n```lua\n\(example)\n```\n" }
        if !info.properties.isEmpty {
            text += "\n## Properties\n\n| name | type | |\n| --- | --- | --- |\n"
            for property in info.properties {
                let takes = property.assigned.map {
                    " Can be set" + ($0.values.isEmpty && $0.range == nil ? "." : " (\($0.summary)).")
                }
                text += "| `\(property.name)` | \(cell(property.type)) | \(cell(property.help + (takes ?? ""))) |\n"
            }
        }
        if let element = info.element { text += "\n`x[i]`, `#x` and `ipairs(x)` give: \(element).\n" }
        if let named = info.namedElement { text += "\n`x[\"name\"]` gives: \(named).\n" }
        if !info.functions.isEmpty { text += "\n## Functions\n" + info.functions.map { section($0) }.joined() }
        if !info.methods.isEmpty { text += "\n## Methods\n" + info.methods.map { section($0) }.joined() }
        return text
    }
    private func section(_ function: FunctionInfo) -> String {
        var text = "\n### `\(function.signature)`\n\n\(function.help)"
        if let result = function.result { text += " Returns `\(result)`." }
        text += "\n"
        if !function.arguments.isEmpty {
            text += "\n| argument | type | default | |\n| --- | --- | --- | --- |\n"
            for argument in function.arguments {
                let fallback = argument.defaultText.map { "`\($0)`" } ?? ""
                text +=
                    "| `\(argument.name)` | \(cell(argument.type.summary)) | \(cell(fallback)) | \(cell(argument.help)) |\n"
            }
        }
        if let example = function.example { text += "\n```lua\n\(example)\n```\n" }
        return text
    }
    private var configuration: String {
        var text = note + "# Configuration keys\n\n| key | type | default | |\n| --- | --- | --- | --- |\n"
        for key in TrainingConfiguration.keys {
            let type = [key.kind.description, key.bounds.map { "\($0)" }, key.unit].compactMap { $0 }.joined(
                separator: ", ")
            text += "| `\(key.path)` | \(cell(type)) | `\(cell(key.defaultValue.brief))` | \(cell(key.help)) |\n"
        }
        return text
    }
    private func cell(_ text: String) -> String { text.replacing("|", with: "\\|").replacing("\n", with: " ") }
}

/// The annotations that lua-language-server reads.
private struct Annotations {
    let lua: Lua
    init(_ lua: Lua) { self.lua = lua }

    var text: String {
        var text = "---@meta\n-- Generated from the bindings by `ltxsh --write-docs docs`; do not edit.\n"
        for info in lua.catalogue where info.name != "os" && info.name != "sh" { text += table(info) }
        text += configuration
        for function in lua.globals where function.name != "print" { text += declare(function, named: function.name) }
        return text
    }
    private func table(_ info: ClassInfo) -> String {
        var text = "\n---\(line(info.help))\n---@class \(info.name)\n"
        for property in info.properties {
            text += "---@field \(property.name) \(property.type) \(line(property.help))\n"
        }
        if info.hasObjects {
            if let element = info.element { text += "---@field [integer] \(element)\n" }
            if info.name == Config.luaName {
                text += fields(of: "", isChange: false)
            } else if let named = info.namedElement {
                text += "---@field [string] \(named)\n"
            }
        }
        text += "\(info.isNamespace ? "" : "local ")\(info.name) = {}\n"
        for function in info.functions { text += declare(function, named: "\(info.name).\(function.name)") }
        for method in info.methods { text += declare(method, named: "\(info.name):\(method.name)") }
        return text
    }
    private func declare(_ function: FunctionInfo, named name: String) -> String {
        let positional = function.arguments.filter { !$0.isOption }, options = function.arguments.filter(\.isOption)
        var text = "\n---\(line(function.help))\n"
        for argument in positional {
            let type = name == "Config:copy" ? "Config.changes" : argument.type.annotation
            text +=
                "---@param \(safe(argument.name))\(argument.isOptional ? "?" : "") \(type) \(line(argument.help))\n"
        }
        if !options.isEmpty { text += "---@param options? \(table(of: options))\n" }
        let results = function.result.map { $0.contains("{") ? [$0] : $0.components(separatedBy: ", ") } ?? []
        for result in results { text += "---@return \(result)\n" }
        if let first = positional.first, !options.isEmpty, !first.type.acceptsTables {
            // One table with the names of all.
            let receiver = function.isMethod ? "self: \(function.owner ?? ""), " : ""
            text += "---@overload fun(\(receiver)options: \(table(of: function.arguments)))"
            text += results.isEmpty ? "\n" : ": \(results.joined(separator: ", "))\n"
        }
        let names = positional.map { safe($0.name) } + (options.isEmpty ? [] : ["options"])
        return text + "function \(name)(\(names.joined(separator: ", "))) end\n"
    }
    private func table(of arguments: [ArgumentInfo]) -> String {
        let fields = arguments.map { "\(key($0.name))\($0.isOptional ? "?" : ""): \($0.type.annotation)" }
        return "{\(fields.joined(separator: ", "))}"
    }
    /// A class for each section of a configuration, and for the tables that `Config:copy` takes, where a key may be
    /// left out.
    private var configuration: String {
        var text =
            "\n---Sections of keys with other values.\n---@class Config.changes\n" + fields(of: "", isChange: true)
        for section in TrainingConfiguration.sections {
            text +=
                "\n---\(section.help)\n---@class Config.\(section.name)\n"
                + fields(of: section.name, isChange: false)
            text += "\n---@class Config.\(section.name).changes\n" + fields(of: section.name, isChange: true)
        }
        return text
    }
    private func fields(of section: String, isChange: Bool) -> String {
        let ending = isChange ? "?" : ""
        var text = ""
        if section.isEmpty {
            for section in TrainingConfiguration.sections {
                text +=
                    "---@field \(section.name)\(ending) Config.\(section.name)\(isChange ? ".changes" : "") "
                    + "\(section.help)\n"
            }
        }
        for key in TrainingConfiguration.keys where key.section == section {
            text += "---@field \(key.name)\(ending) \(key.kind.annotation) \(line(key.help))\n"
        }
        return text
    }
    private func line(_ text: String) -> String { text.replacing("\n", with: " ") }
    private func safe(_ name: String) -> String { Lua.keywords.contains(name) ? name + "_" : name }
    private func key(_ name: String) -> String { Lua.keywords.contains(name) ? "[\"\(name)\"]" : name }
}

extension ConfigurationKind {
    /// The type in LuaCATS.
    fileprivate var annotation: String {
        switch self {
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .text: "string"
        case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: "|")
        case .texts: "string[]"
        case .dimensions: "integer[]|string"
        case .parameters: "table<string, number>"
        case .orWords(let kind, ["true", "false"]): "\(kind.annotation)|boolean"
        case .orWords(let kind, let words): "\(kind.annotation)|" + words.map { "\"\($0)\"" }.joined(separator: "|")
        case .optional(let kind): kind.choices.isEmpty ? "\(kind.annotation)?" : "\(kind.annotation)|nil"
        }
    }
}
