import Configuration
import LuaKit

/// `yaml`: text to values and back.
var yamlFunctions: LuaNamespace {
    LuaNamespace("yaml", "YAML text: encode and decode.") {
        $0.function(
            "encode", "A value as YAML text.", .any("value", "a table, string, number, boolean or nil"),
            example: "print(yaml.encode{ name = \"APT\", sizes = { 768, 448, 89 } })"
        ) { try YAML(lua: $0).text }
        $0.function("decode", "The value of a YAML text (1.1, strict); null is nil.", .string("text", "the text")) {
            try YAML(parsing: $0).lua
        }
    }
}
