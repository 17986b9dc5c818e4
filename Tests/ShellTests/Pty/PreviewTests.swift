import Base
import Glibc
import Media
import Testing

@testable import Shell

/// Previews on terminals with pixels, looked at.
@Suite struct PreviewTests {
    /// A dataset with one picture: red, green, blue and white quarters.
    private func home() throws -> String {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "clips"))
        let pixels = (0..<64 * 64).flatMap { place -> [UInt8] in
            let isRight = place % 64 >= 32, isLow = place / 64 >= 32
            return isLow ? (isRight ? [255, 255, 255] : [0, 0, 255]) : (isRight ? [0, 255, 0] : [255, 0, 0])
        }
        try StillImage.write(
            Frame(width: 64, height: 64, pixels: pixels), to: Path.join(home, "clips/a.png"))
        return home
    }

    @Test(arguments: ["kitty", "sixel"])
    func `a preview shows the picture, in its shape, and the prompt comes below it`(
        name: String
    ) throws {
        let shell = try LtxshTests.shell(home: home(), environment: ["LTXSH_IMAGES": name])
        shell.enter("Dataset.open(os.getenv('HOME') .. '/clips')[1]:preview()")
        shell.enter("6 * 7")
        shell.see("42\n")
        let found = name == "kitty" ? PixelScreen(kitty: shell.output) : PixelScreen(sixel: shell.output)
        let picture = try #require(found)
        #expect(picture.width >= 64 && abs(picture.width - picture.height) <= 20, "\(picture.width)x\(picture.height)")
        let corners: [(Double, Double, [UInt8])] = [
            (0.2, 0.2, [255, 0, 0]), (0.8, 0.2, [0, 255, 0]), (0.2, 0.8, [0, 0, 255]), (0.8, 0.8, [255, 255, 255]),
        ]
        for (x, y, expected) in corners {
            let color = picture.color(x, y)
            #expect(
                zip(color, expected).allSatisfy { abs(Int($0) - Int($1)) <= 8 } && color.count == 3,
                "\(x), \(y): \(color)")
        }
        #expect(shell.screen.cursorLine == "ltx>" || shell.prompt())
    }
    @Test func `a terminal that says it has pictures is believed, and one that is dumb is told a way out`() throws {
        let shell = try LtxshTests.shell(home: home())
        shell.enter("clip = Dataset.open(os.getenv('HOME') .. '/clips')[1];")
        shell.prompt()
        shell.type("clip:preview()\r")
        shell.wait("the question") { _ in String(decoding: shell.output.suffix(200), as: UTF8.self).contains("\u{1B}[c")
        }
        shell.type("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;22c")
        shell.enter("6 * 7")
        shell.see("42\n")
        #expect(PixelScreen(kitty: Self.withoutQuestion(shell.output)) != nil)
        let dumb = try PtySession("ltxsh", ["--no-init"], home: home(), environment: ["TERM": "dumb"])
        dumb.wait("a prompt") { $0.cursorLine == "ltx>" }
        dumb.type("Dataset.open(os.getenv('HOME') .. '/clips')[1]:preview()\r")
        dumb.see("give a path to write it as a file")
    }
    /// The question is a picture of one pixel, too.
    private static func withoutQuestion(_ output: [UInt8]) -> [UInt8] {
        output.firstRange(of: Array("\u{1B}[c".utf8)).map { Array(output[$0.upperBound...]) } ?? output
    }
}
