import Configuration
import LuaKit

extension Config: LuaObject {
    /// The declaration of `Config`.
    public static var luaClass: LuaClass<Config> {
        LuaClass(
            "A training configuration: the YAML schema of the reference trainer, checked as it is read and changed."
        ) {
            $0.function(
                "load", "Reads a YAML file; unknown keys and wrong values are errors with line and column.",
                .path("path", "a .yaml file", .config), example: "cfg = Config.load(\"configs/ltxv_2b_lora.yaml\")"
            ) { try Config.load($0) }
            $0.function(
                "template", "Reads a template of configs/ by its name and fills its places.",
                Arg(
                    "name", .string.suggesting(TrainingConfiguration.templateNames()),
                    "such as \"ltxv_2b_lora_template\", or a path"),
                Arg(
                    "values",
                    .table.offeringAfter {
                        TrainingConfiguration.places(inTemplate: $0.first ?? "").map { MemberInfo($0, type: "a place") }
                    }, "what goes into the places", default: LuaTable(), defaultText: "{}"),
                example: "cfg = Config.template(\"ltxv_2b_lora_template\", { BASENAME = \"APT\", RANK = 32 })"
            ) { try Config.template($0, $1) }
            $0.function("default", "The defaults; data.preprocessed_data_root is left to set.") {
                Config(TrainingConfiguration())
            }
            $0.method(
                "copy", "A copy in which some keys have other values.",
                Arg(
                    "changes", .table.offering { Config.members(in: $0.joined(separator: ".")) }, "sections of keys",
                    default: LuaTable(), defaultText: "{}"),
                example: "wide = cfg:copy{ lora = { rank = 128, alpha = 128 } }"
            ) { try $0.copy($1) }
            $0.method(
                "set", "Sets a key by its dotted path.",
                Arg("key", .string.suggesting(TrainingConfiguration.keys.map(\.path)), "such as \"lora.rank\""),
                .any("value", "the new value; nil is YAML's null"), example: "cfg:set(\"lora.rank\", 32)"
            ) { try $0.set($1, $2) }
            $0.method(
                "diff", "What differs from another configuration.", .object("other", Config.self, "the other one")
            ) {
                $0.differences(from: $1)
            }
            $0.method(
                "validate",
                "True when its values can be trained with; else false and the list of what is wrong. The model and the data are "
                    + "looked for when a run begins.",
                returns: "boolean, string[]?"
            ) { $0.validate() }
            $0.method("save", "Writes it as YAML, whole or not at all.", .path("path", "a .yaml file")) {
                try $0.value.save($1)
            }
            $0.namedSubscripts(
                members: { _ in Config.members(in: "") },
                known: { Config.members(in: $0.joined(separator: ".")) }, get: { try $0.member($1) },
                set: { try $0.set($1, $2) })
            $0.equality { $0.value == $1.value }
            // What prints it ends the line.
            $0.description { $0.text }
            $0.example("cfg.optimization.learning_rate = 1e-4")
            $0.example("cfg.validation.interval = nil      -- no validation")
        }
    }
}

extension ConfigSection: LuaObject {
    /// The declaration of a section.
    public static var luaClass: LuaClass<ConfigSection> {
        LuaClass("A section of a configuration; its keys are read and assigned by name. Lists are assigned as a whole.")
        {
            $0.namedSubscripts(
                members: { $0.config.members(in: $0.path) }, get: { try $0.member($1) }, set: { try $0.set($1, $2) })
            $0.equality { $0.config === $1.config && $0.path == $1.path }
            $0.description { try $0.text }
        }
    }
}
