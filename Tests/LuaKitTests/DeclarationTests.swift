import Base
import LuaKit
import Testing

@Suite struct DeclarationTests {
    let lua: Lua
    init() throws { lua = try interpreter() }
    func run(_ source: String) -> String { evaluate(lua, source) }

    @Test func `options have defaults and are checked one by one`() {
        #expect(run("return kit.new():scan()") == "27.0 fast nil 0.6s")
        #expect(
            run("return kit.new():scan{threshold=3, mode='slow', limit=2, length='36f'}") == "3.0 slow 2 36f")
        #expect(run("return kit.new():scan{threshold=0}") == "test:1: Box:scan: 'threshold' must be above 0, got 0")
        #expect(run("return kit.new():scan{limit=1.5}") == "test:1: Box:scan: 'limit' must be a whole number, got 1.5")
        #expect(
            run("return kit.new():scan{mode='slwo'}")
                == "test:1: Box:scan: 'mode' must be one of \"fast\", \"slow\", got \"slwo\" (did you mean 'slow'?)")
        #expect(
            run("return kit.new():scan{thresold=3}")
                == "test:1: Box:scan: unknown option 'thresold' (did you mean 'threshold'?)")
        #expect(run("return kit.new():scan(3)").contains("takes only an options table, got 3"))
    }
    @Test func `a subject may be positional or named and options follow it`() {
        #expect(run("return kit.new():fill({'a', 'b'}, {times=3})") == "6")
        #expect(run("return kit.new():fill{names={'a'}, times=2}") == "2")
        #expect(run("return kit.new():fill{'a', 'b', 'c'}") == "3")
        #expect(run("return kit.new():fill({'a'}, {tims=3})").contains("did you mean 'times'?"))
        #expect(run("return kit.new():fill{'a', 2}").contains("entry 2 is 2"))
        #expect(run("return kit.new():add()") == "test:1: Box:add: 'name' is missing (a string)")
        #expect(run("return kit.new():add('x', 'y')").contains("takes at most 1 argument"))
        // assert hands its text on.
        #expect(run("return kit.maybe(assert(4, 'four'))") == "4")
        #expect(run("assert(4, 'four') return kit.new():add('x', 'y')").contains("takes at most 1 argument"))
        #expect(run("return kit.maybe(assert(nil, 'four'))") == "test:1: four")
        #expect(run("return kit.maybe(), kit.maybe(nil), kit.maybe(4), kit.maybe{n=5}") == "-1 -1 4 5")
    }
    @Test func `sizes are strings or tables`() {
        #expect(run("return kit.new():size('768x448x89'), kit.new():size{width=1, height=2}") == "768x448x89 1x2")
        #expect(run("return kit.new():size{width=1, hight=2}").contains("must be a size"))
        #expect(run("return kit.new():size('0x3')").contains("must be a size"))
        #expect(run("return kit.new():size(96)").contains("must be a size, \"WxH\" or \"WxHxF\", such as"))
    }
    @Test(arguments: [
        ("1.5", VideoTime.seconds(1.5)), ("1.5s", .seconds(1.5)), ("00:01:02.500", .seconds(62.5)),
        ("36f", .frames(36)),
        ("250ms", .seconds(0.25)), ("2:05", .seconds(125)),
    ])
    func `durations parse`(text: String, expected: VideoTime) { #expect(VideoTime(parsing: text) == expected) }
    @Test(arguments: [
        "", "s", "ms", "-1", "-3f", "1:70", "1.5:00", "f", "1.5f", "1e3", "1e9s", "::", "1:2:3:4", "1:30s", "nan",
        "inf",
        "x", "0x10", "٣", "99999999999999f",
    ])
    func `what is no duration is refused`(text: String) { #expect(VideoTime(parsing: text) == nil) }

    @Test func `members are read, assigned and suggested`() {
        #expect(run("local b = kit.new(); b.title = 'x'; return b.title, b.count, #b, tostring(b)") == "x 0 0 Box of 0")
        #expect(run("local b = kit.new(); b.title = nil; return b.title") == "nil")
        #expect(run("kit.new().title = 3") == "test:1: Box: 'title' must be a string, got 3")
        #expect(run("kit.new().count = 3") == "test:1: Box.count cannot be assigned")
        #expect(run("return kit.new().titel") == "test:1: Box has no field or method 'titel' (did you mean 'title'?)")
        #expect(run("kit.new().titel = 1").contains("did you mean 'title'?"))
        #expect(run("return kit.new():flil{}").contains("did you mean 'fill'?"))
        #expect(run("return kit.ecko(1)").contains("did you mean 'echo'?"))
        #expect(
            run("return kit.new():open_lid().colour, pcall(function() return kit.new():open_lid().color end)")
                .hasPrefix("red false"))
    }
    @Test func `lists are indexed and walked`() {
        let box = "local b = kit.new(); b:fill{'x', 'y'}; local s = ''; "
        #expect(
            run(box + "for i, v in ipairs(b) do s = s .. i .. v end return s, b[3], b[0], b[1.0], b[1.5]")
                == "1x2y nil nil x nil")
        #expect(run(box + "for i, v in pairs(b) do s = s .. i .. v end return s") == "1x2y")
    }
    @Test func `a method called with a dot says so`() {
        #expect(run("return kit.new().add('x')").contains("Box:add is called on a Box, got \"x\""))
        #expect(run("return Box.add(kit.new(), 'x')") == "")
        #expect(run("return Box.add == kit.new().add") == "true")
    }
    @Test func `unions take either`() {
        #expect(run("return kit.both(kit.new()), kit.both(kit.new():open_lid())") == "box lid")
        #expect(run("return kit.both(3)").contains("must be a Box or Lid, got 3"))
    }
    @Test func `what is declared can be read back`() throws {
        let info = try #require(lua.info("Box"))
        let scan = try #require(info.methods.first { $0.name == "scan" })
        #expect(scan.signature == "Box:scan{ threshold=, mode=, limit=, length= }")
        #expect(scan.arguments.map(\.defaultText) == ["27", "\"fast\"", "nil", "\"0.6s\""])
        #expect(scan.arguments[1].type.values == ["fast", "slow"])
        #expect(lua.info(try lua.run("return Box.scan")[0])?.path == "Box:scan")
        #expect(info.properties.map(\.isSettable) == [true, false])
    }
}
