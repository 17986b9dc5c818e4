import Media
import Testing

@testable import Shell

@Suite struct PlotPictureTests {
    @Test func `the curve is where it should be`() {
        let plot = TerminalPlot([.init("loss", values: (0..<50).map(Double.init))], title: "loss")
        let frame = PlotPicture.frame(plot, width: 400, height: 200)
        #expect(frame.width == 400 && frame.height == 200)
        func isBlue(_ x: Int, _ y: Int) -> Bool {
            let place = (y * 400 + x) * 3
            return frame.pixels[place] == 0 && frame.pixels[place + 1] == 114 && frame.pixels[place + 2] == 178
        }
        func blue(in columns: Range<Int>) -> [Int] { columns.flatMap { x in (0..<200).filter { isBlue(x, $0) } } }
        let start = blue(in: 90..<110), end = blue(in: 360..<381)
        #expect(!start.isEmpty && !end.isEmpty)
        // Rows count from the top: the curve rises.
        #expect((start.min() ?? 0) > (end.max() ?? 200))
        #expect(blue(in: 0..<89).isEmpty)
    }
    @Test func `nothing to plot is a picture too`() {
        #expect(PlotPicture.frame(TerminalPlot([]), width: 1, height: 1).width == 200)
    }
}
