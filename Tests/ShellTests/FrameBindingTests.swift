import LuaKit
import Media
import Testing

@testable import Shell

@Suite struct FrameBindingTests {
    @Test func `pictures that a script drops do not pile up`() throws {
        let lua = try Lua()
        try AllBindings.register(in: lua)
        var most = 0
        try lua.register(
            LuaNamespace("test", "For this test.") {
                $0.function("picture", "A small picture.") {
                    PictureFrame(Frame(width: 8, height: 8, pixels: [UInt8](repeating: 9, count: 192)))
                }
                $0.function("look", "Counts.", .interpreter) { most = max(most, $0.heldObjects) }
            })
        _ = try lua.run(
            "local p = test.picture() for i = 1, 600 do p:resized(640, 320); test.look() end", name: "=test")
        #expect(most > 1 && most < 40)
    }
}
