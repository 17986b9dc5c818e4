import Base
import LuaKit
import Media
import Testing
import Workbench

@testable import Shell

@Suite struct DetectorParametersTests {
    /// The parameters of PySceneDetect 0.7's detector classes, with a value each that is not the default.
    private static let parameters: [(detector: String, options: String)] = [
        (
            "content",
            "threshold = 20, min_scene_len = 5, weights = {1, 1, 1, 1}, luma_only = false, kernel_size = 5, "
                + "filter_mode = 'suppress'"
        ),
        (
            "adaptive",
            "adaptive_threshold = 2, min_scene_len = 5, window_width = 3, min_content_val = 10, "
                + "weights = {1, 1, 1, 0}, luma_only = true, kernel_size = 7"
        ),
        ("threshold", "threshold = 20, min_scene_len = 5, fade_bias = 0.5, add_final_scene = true, method = 'ceiling'"),
        ("histogram", "threshold = 0.1, bins = 64, min_scene_len = 5"),
        ("hash", "threshold = 0.3, size = 16, lowpass = 3, min_scene_len = 5"),
        ("hash", "threshold = 0.3, hash_size = 16"),
        ("adaptive", "threshold = 2"),
    ]
    /// What a table of options comes to.
    private func read(_ options: String) throws -> SplitOptions {
        let lua = try Lua(), seen = Seen()
        try lua.register(
            LuaNamespace(globals: "") {
                $0.function(
                    "take", "Takes options.",
                    .options(SplitOptions(), DatasetScan.sceneOptions(\.scene) + DatasetScan.scanOptions) {
                        try DetectorParameters.check($1, for: $0.scene.detector)
                    }
                ) { options in seen.options = options }
            })
        _ = try lua.run("take{ \(options) }", name: "=test")
        return seen.options
    }
    private final class Seen { var options = SplitOptions() }

    @Test(arguments: 0..<7) func `each detector takes its parameters under PySceneDetect's names`(place: Int) throws {
        let (detector, options) = Self.parameters[place]
        let read = try read("detector = '\(detector)', \(options)")
        #expect(read.scene.detector.rawValue == detector)
        try read.scene.validate()
        try read.scan.validate()
    }
    @Test func `the names mean what they do there`() throws {
        #expect(try read("detector = 'adaptive', adaptive_threshold = 2").scene.threshold == 2)
        #expect(try read("detector = 'hash', size = 16").scan.hashSize == 16)
        #expect(try read("kernel_size = 5").scan.kernelSize == 5)
        // There it overrides the weights, and only when it is true.
        #expect(try read("weights = {1, 2, 3, 0}, luma_only = true").scene.weights == [0, 0, 1, 0])
        #expect(try read("weights = {1, 2, 3, 0}, luma_only = false").scene.weights == [1, 2, 3, 0])
    }
    @Test func `help names the thresholds that are taken`() throws {
        let arguments = Arg.options(SceneOptions(), DatasetScan.sceneOptions).infos
        let help = try #require(arguments.first { $0.name == "threshold" })
        #expect(help.help.contains("content 27, adaptive 3, threshold 12, histogram 0.2 (PySceneDetect 0.6: 0.05)"))
        #expect(help.help.hasSuffix("hash 0.35 (PySceneDetect 0.6: 0.395)"), "\(help.help)")
        #expect(SceneOptions().version == .v07)
    }
}
