/// The modules of the transformer that the original checkpoints, and ComfyUI with them, call otherwise than diffusers.
/// None is a target of LoRA by default.
public enum ModuleNames {
    private static let originals = [
        "proj_in": "patchify_proj", "time_embed": "adaln_single", "norm_q": "q_norm", "norm_k": "k_norm",
    ]
    private static let replacements = Dictionary(uniqueKeysWithValues: originals.map { ($1, $0) })

    /// A dotted path as diffusers spells it.
    public static func diffusers(_ path: some StringProtocol) -> String { renamed(path, replacements) }
    /// A dotted path as the original checkpoints spell it.
    public static func original(_ path: some StringProtocol) -> String { renamed(path, originals) }

    private static func renamed(_ path: some StringProtocol, _ names: [String: String]) -> String {
        path.split(separator: ".", omittingEmptySubsequences: false).map { names[String($0)] ?? String($0) }
            .joined(separator: ".")
    }
}
