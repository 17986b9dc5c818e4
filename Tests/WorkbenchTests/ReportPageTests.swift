import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// The pages of datasets and runs in a real browser; left out where there is none (`apt-get install chromium`).
@Suite(.serialized, .enabled(if: Browser.path != nil, "there is no Chromium: apt-get install chromium"))
struct ReportPageTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// In a window as narrow as a telephone nothing sticks out, and what has text leaves it room.
    private static let narrow = """
        const widest=Math.max(...[...document.querySelectorAll('h2,p,video,figure,table')].filter(e=>!e.closest('.samples'))\
        .map(e=>e.getBoundingClientRect().right));done([document.documentElement.scrollWidth<=innerWidth,widest<=innerWidth])
        """
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

    @Test func `a page on a narrow screen has everything below each other`() throws {
        try folder.video("d/a-clip-with-a-rather-long-name.mp4", frames: 12)
        let data = try Dataset.open(folder["d"])
        try data.clips[0].setCaption(String(repeating: "a horse and a carriage ", count: 12))
        try data.clips[0].setExcluded(true)
        let page = try data.report(to: folder["page.html"])
        #expect(try Files.text(page).contains(" · excluded"))
        let (value, complaints) = try Browser.run(Self.narrow, on: page, width: 500)
        #expect(complaints == [] && value == "[true,true]")
    }
    @Test func `the page of a run has its curves and plays its videos, and the console is quiet`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.validation.prompts = ["a boat", "a dog"]
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
        try folder.video("v.mp4", frames: 12)
        let samples = Path.join(run.folder, "samples")
        try Files.makeFolder(samples)
        for name in ["step_000000_0", "step_000000_1", "step_000010_1"] {
            try AtomicFile.write(Files.read(folder["v.mp4"]), to: Path.join(samples, "\(name).mp4"))
        }
        let page = try run.report()
        let (value, complaints) = try Browser.run(
            """
            const out=[];for(const v of document.querySelectorAll('video')){out.push(await new Promise(r=>{\
            v.onplaying=()=>r(v.videoWidth+'x'+v.videoHeight);v.onerror=()=>r('error '+v.error.code);\
            setTimeout(()=>r('nothing'),5000);v.play().catch(e=>r('refused '+e.name))}));v.pause()}\
            done([out,[...document.querySelectorAll('svg')].filter(s=>s.getBoundingClientRect().height>100).length>=4])
            """, on: page)
        // The speed has a curve as well where the run took long enough to have one.
        #expect(complaints == [] && value == "[[\"64x48\",\"64x48\",\"64x48\"],true]", "\(value)")
        let (fits, again) = try Browser.run(Self.narrow, on: page, width: 500)
        #expect(again == [] && fits == "[true,true]")
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
        // 5, 50 to 59, and 500.
        #expect(complaints == [] && value == "[500,1,12,500,500]", "\(value)")
    }
}
