import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// The page of a dataset in a real browser; left out where there is none (`apt-get install chromium`).
@Suite(.serialized, .enabled(if: Browser.path != nil, "there is no Chromium: apt-get install chromium"))
struct ReportPageTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private static let shown = """
        const shown=()=>[...document.querySelectorAll('article')].filter(a=>a.getClientRects().length).length;\
        const find=text=>{const f=document.getElementById('find');f.value=text;f.dispatchEvent(new Event('input'));return shown()};
        """

    @Test func `every clip plays whatever it is, the search finds, and the console is quiet`() throws {
        try folder.video("d/a <b>&'\".mp4", frames: 12)
        try folder.video("d/plain.mp4", frames: 12)
        let plain = folder["d/plain.mp4"]
        try folder.run(["-i", plain, "-pix_fmt", "yuv422p10le", folder["d/ten.mkv"]])
        try folder.run([
            "-i", plain, "-vf", "tinterlace=4", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", folder["d/fields.mpg"],
        ])
        let data = try Dataset.open(folder["d"])
        for (place, clip) in data.clips.enumerated() {
            try clip.setCaption(place == 0 ? "a <script>alert(1)</script> HORSE" : "a cat & a dog")
        }
        let page = try data.report(to: folder["page.html"])
        let (value, complaints) = try Browser.run(
            Self.shown + """
                const out={all:shown(),horse:find('horse'),name:find('ten.mkv'),none:find('zebra'),again:find(''),videos:[]};\
                for(const v of document.querySelectorAll('video')){out.videos.push(await new Promise(r=>{\
                v.onplaying=()=>r(v.videoWidth+'x'+v.videoHeight);v.onerror=()=>r('error '+v.error.code);\
                setTimeout(()=>r('nothing'),5000);v.play().catch(e=>r('refused '+e.name))}));v.pause()}done(out)
                """, on: page)
        #expect(complaints == [])
        let found = try JSON(parsing: value)
        #expect(["all", "horse", "name", "none", "again"].map { found[$0]?.integer } == [4, 1, 1, 0, 4])
        #expect(found["videos"]?.array?.map(\.string) == Array(repeating: "64x48", count: 4))
    }

    @Test(.enabled(if: getenv("LTXSH_FULL_TESTS") != nil)) func `five hundred clips can be searched`() throws {
        try folder.video("a.mp4", frames: 3)
        try Files.makeFolder(folder["d"])
        for number in 1...500 {
            #expect(link(folder["a.mp4"], folder["d/clip \(number).mp4"]) == 0)
            try folder.write("number \(number)", to: "d/clip \(number).txt")
        }
        let page = try Dataset.open(folder["d"]).report(to: folder["page.html"])
        let (value, complaints) = try Browser.run(
            Self.shown
                + "done([shown(),find('number 77'),find('clip 5'),find(''),document.querySelectorAll('video').length])",
            on: page)
        #expect(complaints == [] && value == "[500,1,111,500,500]")
    }
}
