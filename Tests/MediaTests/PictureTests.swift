import Base
import Testing
@testable import Media

@Suite struct PictureTests {
    /// FNV-1a.
    private func hash(_ pixels: [UInt8]) -> UInt64 {
        pixels.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    private func source() throws -> [Frame] {
        try VideoFile(Path.join(Path.join(Path.folder(#filePath), "Fixtures"), "scenes.mp4")).frames(first: 1000)
    }

    @Test func `grey and Canny edges are OpenCV's, bit for bit`() throws {
        let frames = try source()
        // FNV-1a of cv2.cvtColor(…, COLOR_BGR2GRAY) and of cv2.Canny(grey, 100, 200), OpenCV 5.0.0.
        for (index, grey, canny) in [
            (0, 0x3217_295f_a31b_bfad, 0x81a9_00a0_93f1_70e4), (80, 0x7598_1e51_2035_ce57, 0x6ab3_ecf1_e5bd_8211),
            (100, 0xe308_b5e7_f9b8_2a5a, 0x8d0b_6a11_197e_a1ee), (130, 0xd067_b6c5_002d_3de5, 0xe64d_5c93_f6cd_3725),
        ] as [(Int, UInt64, UInt64)] {
            #expect(hash(frames[index].grey.pixels) == grey)
            let edges = frames[index].edges()
            #expect(hash(stride(from: 0, to: edges.pixels.count, by: 3).map { edges.pixels[$0] }) == canny)
            #expect(edges.channels == 3 && edges.pixels[0] == edges.pixels[1])
        }
    }
    @Test func `shrinking is OpenCV's area average, bit for bit`() throws {
        let frame = try source()[0]
        for (width, height, expected) in [
            (160, 90, 0x5377_75eb_cf23_9fbd), (80, 45, 0x4a0c_a26e_56dd_9d17), (133, 77, 0xeefd_f72d_5de8_666d),
            (31, 180, 0xc67e_5d4d_6574_cb96), (16, 16, 0x252a_c0a0_15d3_84a2),
        ] as [(Int, Int, UInt64)] {
            #expect(hash(frame.resized(width: width, height: height).pixels) == expected, "\(width)x\(height)")
        }
        let large = frame.resized(width: 640, height: 90)
        #expect((large.width, large.height) == (640, 90))
        #expect(difference(large.resized(width: 320, height: 90), frame.resized(width: 320, height: 90)).mean < 2)
        let box = frame.fitted(width: 100, height: 100)
        #expect((box.width, box.height) == (100, 56))
    }
    @Test func `edges and sizes of tiny pictures are no trouble`() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2)] {
            let frame = Frame(width: width, height: height, pixels: [UInt8](repeating: 200, count: width * height * 3))
            #expect(frame.edges().pixels.allSatisfy { $0 == 0 })
            #expect(frame.resized(width: 3, height: 4).pixels == [UInt8](repeating: 200, count: 36))
            #expect(frame.resized(width: 0, height: 0).pixels.count == 3)
        }
    }
    @Test func `drawing stays inside the canvas and text is legible`() {
        var picture = Picture(width: 40, height: 20)
        picture.fill(x: -10, y: -10, width: 15, height: 100, .black)
        picture.draw(Picture(width: 100, height: 100, .black), x: 30, y: -50)
        picture.line(from: (-100, 5), to: (1e9, .infinity), .black)
        picture.line(from: (-100, -100), to: (500, 500), width: 3, .black)
        picture.text("far away", x: 1000, y: -1000, .black)
        #expect(picture.pixels.count == 40 * 20 * 3)
        #expect(picture.pixels[0] == 0 && picture.pixels[(10 * 40 + 4) * 3] == 0)

        // Letters leave ink, more of them more; a line is as high whatever is in it, and ends where it is told to.
        var label = Picture(width: 400, height: 40)
        let width = label.text("Label 猫", x: 4, y: 4, .black)
        #expect(width == Picture.size(of: "Label 猫").width && width > Picture.size(of: "Label").width)
        #expect(label.pixels.contains { $0 < 64 } && label.pixels.contains { (65..<250).contains($0) })
        #expect(Picture.size(of: "iii").width < Picture.size(of: "WWW").width)
        #expect(Picture.size(of: "a", size: 24).height > Picture.size(of: "a").height)
        let long = String(repeating: "long ", count: 100)
        var cut = Picture(width: 400, height: 40)
        #expect((1...100).contains(cut.text(long, x: 0, y: 0, room: 100, .black)))
        #expect((0..<40).allSatisfy { row in (101..<400).allSatisfy { cut.pixels[(row * 400 + $0) * 3] == 255 } })
        #expect(
            Picture.size(of: "").width == 0 && Picture.size(of: "a\nb\u{1B}[31m").height == Picture.size(of: "a").height
        )
    }
    @Test func `a contact sheet and a plot have their size`() throws {
        let frames = try source()
        let cells = (0..<7).map {
            ContactSheet.Cell([frames[$0 * 10]], labels: ["clip \($0).mp4", "a caption that is long"])
        }
        let sheet = ContactSheet.draw(cells, columns: 3, width: 120, height: 80)
        #expect(
            sheet.width == 3 * 128 + 8 && sheet.height == 3 * (80 + 2 * (Picture.size(of: "Ág").height + 1) + 8) + 8)
        #expect(ContactSheet.draw([]).width > 0)
        var plot = LinePlot(title: "loss")
        plot.series = [
            .init("loss", (0..<50).map { (Double($0), 1 / Double($0 + 1)) }), .init("gap", [(0, .nan), (1, 2)]),
        ]
        (plot.marks, plot.level) = ([10, .infinity], 0.5)
        #expect(plot.draw(width: 400, height: 200).width == 400)
        #expect(LinePlot.ticks(0, 10) == [0, 2, 4, 6, 8, 10])
        #expect(LinePlot().draw().height == 480)
    }
    @Test func `each kind of terminal gets its own bytes`() {
        let pixels = (0..<32 * 16).flatMap { [UInt8($0 % 256), 100, 50] as [UInt8] }
        let frame = Frame(width: 32, height: 16, pixels: pixels)
        func text(_ method: TerminalPicture.Method, _ colors: TerminalPicture.Colors = .full) -> String {
            String(
                decoding: TerminalPicture.draw(frame, columns: 16, rows: 8, method: method, colors: colors),
                as: UTF8.self)
        }
        #expect(text(.kitty).contains("\u{1B}_G"))
        // A PNG of no more pixels than the picture has, in as many cells as blocks take.
        #expect(text(.iterm).hasPrefix("\u{1B}]1337;File=inline=1;size="))
        #expect(text(.iterm).contains(";width=16;height=4;preserveAspectRatio=0:iVBORw0KGgo"))
        #expect(text(.sixel).contains("\u{1B}P"))
        #expect(text(.blocks).contains("▀") || text(.blocks).contains("▄"))
        #expect(text(.blocks).contains("38;2;") && !text(.blocks, .indexed256).contains("38;2;"))
        #expect(!text(.blocks, .none).contains("38;"))
        let lines = text(.blocks).split(separator: "\n")
        #expect(lines.count == 4)  // 16 columns are 32 pixels wide, 4 rows as high
    }
}
