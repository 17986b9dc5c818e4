import LuaKit

extension Arg where Value == Bool {
    /// The option `strict` of everything that reads clips: what cannot be read is named and left out, unless it is given.
    static var strict: Self {
        .bool("strict", "a clip that cannot be read is an error, and is not left out", default: false).named
    }
}
