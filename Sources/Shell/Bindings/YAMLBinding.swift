import Configuration
import LuaKit

/// `yaml`: text to values and back.
var yamlFunctions: LuaNamespace {
    LuaNamespace("yaml", "YAML text: encode and decode.") {
        $0.function(
            "encode", "A value as YAML text. An empty table is [], but {} where decode made it of one.",
            .any("value", "a table, string, number, boolean or nil"),
            example: "print(yaml.encode{ name = \"APT\", sizes = { 768, 448, 89 } })"
        ) { try YAML(lua: $0).text }
        $0.function(
            "decode",
            "The value of a YAML text, read as a configuration is (YAML 1.1, strict; 1e-3 is a number too). null becomes "
                + "nil unless another value is given; a whole number beyond 64 bits becomes a string of its digits.",
            .string("text", "the text"), .nullValue("yaml"),
            example: "yaml.decode(\"interval: null\", { null = yaml.null }).interval == yaml.null", returns: "any"
        ) { try YAML(parsing: $0, numbers: .ofScripts).lua(null: $1) }
        $0.null()
    }
}
