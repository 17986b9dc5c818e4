// swift-tools-version: 6.0
import PackageDescription

// libtorch: scripts/setup.sh puts it here; LIBTORCH brings your own.
let torch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.deps/libtorch"

/// CI builds with LTXSH_STRICT: a warning of our own code is an error. Not otherwise, because a newer compiler has new ones.
let isStrict = Context.environment["LTXSH_STRICT"] != nil
let strict: [SwiftSetting] =
    [.swiftLanguageMode(.v6)] + (isStrict ? [.unsafeFlags(["-warnings-as-errors"])] : [])
let strictC: [String] = isStrict ? ["-Wall", "-Wextra", "-Werror"] : []

/// With LTXSH_SANITIZE the package is only what stands on C code of ours without libtorch (scripts/sanitize.sh).
let isSanitized = Context.environment["LTXSH_SANITIZE"] != nil
let sanitized: Set = [
    "CLua", "CLuaBridge", "CZlib", "CMedia", "CChafa", "CSentencePiece", "Base", "LuaKit", "Media", "Text",
    "TestSupport",
    "BaseTests", "LuaKitTests", "MediaTests", "TextTests",
]

/// The layers in Swift from the bottom up, each with what is right below it: arrows point down only (ARCHITECTURE.md).
let layers: [(name: String, below: [String])] = [
    ("Base", ["CZlib"]),
    ("Torch", ["CTorch", "CMapping", "Base"]),
    ("NN", ["Torch"]),
    ("Text", ["CSentencePiece", "Base"]),
    ("LTXVideo", ["NN", "Text"]),
    ("VisionLanguage", ["NN", "Text"]),
    ("Media", ["CMedia", "CChafa", "Base"]),
    ("Hub", ["CCurl", "CDigest", "Base"]),
    ("Configuration", ["CYAML", "Base"]),
    ("Workbench", ["LTXVideo", "VisionLanguage", "Media", "Hub", "Configuration"]),
    ("LuaKit", ["CLuaBridge", "Base"]),
    ("Shell", ["LuaKit", "CReadline", "Workbench"]),
    ("Parity", ["LTXVideo", "VisionLanguage", "Workbench"]),
]
let below = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0.below) })

/// All that a target stands on. SwiftPM compiles a target again when a module that it names has changed, while the compiler
/// builds in the layout of classes from any module underneath: a target that named its neighbours alone went on with
/// the old layout of a class two layers down, and corrupted memory.
func everything(_ names: [String]) -> [Target.Dependency] {
    var found: [String] = [], rest = names
    while !rest.isEmpty {
        let name = rest.removeFirst()
        if found.contains(name) { continue }
        found.append(name)
        rest += below[name] ?? []
    }
    return found.map { .byName(name: $0) }
}
func program(_ name: String, _ dependencies: [String], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: everything(dependencies), path: path, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: everything(dependencies + ["TestSupport"]), exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "ltxsh",
    products: [
        .executable(name: "ltxsh", targets: ["ltxsh"]),
        .executable(name: "ltx-parity", targets: ["ltx-parity"]),
        .executable(name: "ltx-bench", targets: ["ltx-bench"]),
        .library(name: "faultinjection", type: .dynamic, targets: ["FaultInjection"]),
        // Opened with dlopen on the first use of a tensor, so that the prompt does not wait for libtorch.
        .library(name: "ltxtorch", type: .dynamic, targets: ["CTorchLibrary"]),
    ],
    targets: [
        // MARK: C
        .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CChafa", pkgConfig: "chafa", providers: [.apt(["libchafa-dev"])]),
        .target(name: "CLuaBridge", dependencies: ["CLua"], cSettings: [.unsafeFlags(strictC)]),
        .target(
            name: "CReadline", cSettings: [.unsafeFlags(strictC)], linkerSettings: [.linkedLibrary("readline")]),
        .target(
            name: "CMedia",
            dependencies: ["CChafa"],  // for the flags of GLib, which Pango's headers need
            cSettings: [
                // The pixel loops are too slow to use, or to test, without optimization. Pango is not taken through
                // pkg-config: its flags contain one that SwiftPM warns of on every build.
                .unsafeFlags(
                    strictC + ["-O2"]
                        + ["pango-1.0", "cairo", "harfbuzz"].flatMap { ["-isystem", "/usr/include/\($0)"] })
            ],
            linkerSettings: [
                "avformat", "avcodec", "avutil", "swscale", "swresample", "lcms2", "pangocairo-1.0",
                "pango-1.0", "cairo", "gobject-2.0",
            ].map { .linkedLibrary($0) }),
        .target(
            name: "CSentencePiece",
            cxxSettings: [.unsafeFlags(strictC)],
            linkerSettings: [.linkedLibrary("sentencepiece"), .linkedLibrary("sentencepiece_train")]),
        .target(
            name: "CCurl", cSettings: [.unsafeFlags(strictC)], linkerSettings: [.linkedLibrary("curl")]),
        // As slow as CMedia without optimization.
        .target(name: "CDigest", cSettings: [.unsafeFlags(strictC + ["-O2"])]),
        .target(name: "CMapping", cSettings: [.unsafeFlags(strictC)]),
        .target(name: "CTorch", cSettings: [.unsafeFlags(strictC)], linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "CTorchLibrary",
            exclude: ["GlooDeclarations", "NCCL"],
            cxxSettings: [
                .headerSearchPath("../CTorch/include"),  // the header alone: as a dependency it would be a module
                // libtorch comes with ProcessGroupGloo.hpp, and without the headers of Gloo that it names.
                .headerSearchPath("GlooDeclarations"), .define("USE_C10D_GLOO"),
                .unsafeFlags(
                    strictC + [
                        "-isystem", "\(torch)/include", "-isystem", "\(torch)/include/torch/csrc/api/include", "-O2",
                    ]),
            ],
            linkerSettings: [
                // Beside it after scripts/install.sh, else where it was built against.
                .unsafeFlags(
                    ["-L\(torch)/lib"]
                        + ["$ORIGIN/libtorch/lib", "\(torch)/lib"].flatMap { ["-Xlinker", "-rpath", "-Xlinker", $0] }),
                .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
            ]),
    ] + layers.map { .target(name: $0.name, dependencies: everything($0.below), swiftSettings: strict) } + [
        // MARK: Programs
        program("ltxsh", ["Shell"]),
        program("ltx-parity", ["Parity"]),
        program("scene-bench", ["Media"]),
        program("ltx-bench", ["LTXVideo", "VisionLanguage"]),

        // MARK: Tests
        .target(
            name: "TestSupport", dependencies: ["Base"], path: "Tests/Support/TestSupport",
            swiftSettings: strict),
        // What needs libtorch as well, which is not there under sanitizers.
        .target(
            name: "RankSupport", dependencies: everything(["Torch"]), path: "Tests/Support/RankSupport",
            swiftSettings: strict),
        // Children and a preloaded library of the crash tests.
        program("dataset-crash", ["Workbench"], path: "Tests/Support/DatasetCrash"),
        program("file-mutation", ["Workbench"], path: "Tests/Support/FileMutation"),
        .target(
            name: "FaultInjection", path: "Tests/Support/FaultInjection", cSettings: [.unsafeFlags(strictC)],
            linkerSettings: [.linkedLibrary("dl")]),
        tests("BaseTests", ["Base"]),
        tests("TorchTests", ["Torch", "RankSupport"]),
        tests("NNTests", ["NN", "RankSupport"]),
        tests("TextTests", ["Text"]),
        tests("MediaTests", ["Media"], exclude: ["Fixtures"]),
        tests("HubTests", ["Hub"]),
        tests("ConfigurationTests", ["Configuration"]),
        tests("LTXVideoTests", ["LTXVideo", "Parity"]),
        tests("VisionLanguageTests", ["VisionLanguage", "Parity"]),
        tests("WorkbenchTests", ["Workbench", "ltxsh"]),
        tests("LuaKitTests", ["LuaKit"]),
        tests("ShellTests", ["Shell", "ltxsh", "prompt-fixture"]),
        // The prompt with a toy language behind it: what the pseudo-terminal tests drive.
        program("prompt-fixture", ["Shell"], path: "Tests/PromptFixture"),
    ],
    cxxLanguageStandard: .cxx20
)
if isSanitized {
    package.targets.removeAll { !sanitized.contains($0.name) }
    package.products = []
}
