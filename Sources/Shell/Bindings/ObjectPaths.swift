import LuaKit
import Workbench

// What an object means where a path is wanted: `cfg.data.preprocessed_data_root = pc`, `model_source = tr`.

extension PrecomputedClips: LuaPath {
    /// The folder.
    public var luaPath: String { value.path }
}
extension Run: LuaPath {
    /// Its output folder.
    public var luaPath: String { folder }
}
extension Trainer: LuaPath {
    /// The model's folder.
    public var luaPath: String { model.path }
}
extension Preprocessor: LuaPath {
    /// The model's folder.
    public var luaPath: String { model.path }
}
extension Dataset: LuaPath {
    /// The folder or file that was opened.
    public var luaPath: String { path }
}
extension Clip: LuaPath {
    /// The media file.
    public var luaPath: String { path }
}
