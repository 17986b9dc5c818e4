import Base
import Media

/// A page with every clip, playable, beside its caption and problems. One file that needs nothing from the network; the
/// clips are played from where they are, or where browsers cannot, previews of them.
struct DatasetReport {
    let dataset: Dataset
    /// Where the page goes: links are relative to its folder.
    let path: String
    /// A clip that cannot be read is an error.
    let isStrict: Bool
    let monitor: Monitor

    func write() throws {
        let clips = dataset.clips, folder = Path.folder(Path.absolute(path))
        let readable = Set(try dataset.readable(strict: isStrict, monitor).map(\.clip.id))
        let findings = Dictionary(
            grouping: try dataset.check(isDeep: false, monitor: monitor), by: \.number)
        let names = dataset.labels
        var rows = ""
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            let name = names[clip.mediaPath] ?? clip.name
            monitor.report(Progress("writing", index, of: clips.count, "clips", [("clip", name)]))
            rows += try row(index + 1, clip, name, readable.contains(clip.id), findings[index + 1] ?? [], folder)
        }
        let title = HTML.escaped(dataset.project ?? Path.name(dataset.path))
        let captioned = clips.count(where: \.isCaptioned)
        let trigger = dataset.trigger.map { ", trigger word \(HTML.escaped($0))" } ?? ""
        let page = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <meta name="viewport" content="width=device-width">
            <style>\(Self.style)</style></head><body>
            <h1>\(title)</h1>
            <p>\(counted(clips.count, "clip")), \(captioned) captioned\(trigger)</p>
            <input id="find" type="search" placeholder="find in names and captions" autofocus>
            <main>
            \(rows)</main>
            <script>\(Self.script)</script>
            </body></html>

            """
        try AtomicFile.write(page, to: path)
        monitor.report(Progress("writing", clips.count, of: clips.count, "clips"))
    }

    private func row(
        _ number: Int, _ clip: Clip, _ name: String, _ isReadable: Bool, _ findings: [DatasetFinding], _ folder: String
    ) throws -> String {
        var facts = ["#\(number)", HTML.escaped(name)], view = "", remarks = findings.map(\.message)
        if isReadable, let file = clip.knownMedia {
            facts.append("\(file.width)×\(file.height)")
            if !file.isImage {
                let length = file.isDurationKnown ? "\((file.duration * 100).rounded() / 100) s" : "? s"
                facts.append("\(file.frames.inFrames), \(length), \((file.fps * 100).rounded() / 100) fps")
            }
            view = try picture(of: clip, file, folder, &remarks)
            if let measures = clip.knownMeasures { facts.append(measures.summary) }
        } else if findings.isEmpty {
            remarks.append("it cannot be read")
        }
        if clip.isExcluded { facts.append("excluded") }
        let caption = clip.caption.map(HTML.escaped) ?? ""
        let problems = remarks.map { "<li>\(HTML.escaped($0))</li>" }.joined()
        return """
            <article\(clip.isExcluded ? " class=\"excluded\"" : "")><div>\(view)</div><div><h2>\(facts.joined(separator: " · "))</h2>
            <p>\(caption)</p>\(problems.isEmpty ? "" : "<ul>\(problems)</ul>")</div></article>

            """
    }

    /// The clip where browsers play it, else a preview that they do play; its middle picture is embedded.
    private func picture(
        of clip: Clip, _ file: VideoFile, _ folder: String, _ remarks: inout [String]
    ) throws -> String {
        func link(_ path: String) -> String { HTML.escaped(HTML.link(Path.relative(path, to: folder))) }
        if file.isImage { return "<img loading=\"lazy\" alt=\"\" src=\"\(link(clip.path))\">" }
        let data = EmbeddedPicture.url(of: file)
        var played = clip.path
        if !BrowserFormat.plays(file) {
            do {
                played = try previews.path(of: file, as: clip.mediaPath, monitor)
                remarks.append("browsers do not play \(BrowserFormat.name(of: file)): this is a preview of it")
            } catch let error as any UserError {
                remarks.append(
                    "browsers do not play \(BrowserFormat.name(of: file)): this is a picture of it (\(error))")
                return data.map { "<img alt=\"\" src=\"\($0)\">" } ?? ""
            }
        }
        let poster = data.map { " poster=\"\($0)\"" } ?? ""
        return "<video controls loop muted preload=\"none\"\(poster) src=\"\(link(played))\"></video>"
    }
    private var previews: ClipPreviews { ClipPreviews(folder: Path.join(dataset.folder, ".previews")) }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1100px;padding:0 1em;color:#222}\
        article{display:grid;grid-template-columns:320px 1fr;gap:1.5em;padding:1em 0;border-top:1px solid #ddd;\
        content-visibility:auto;contain-intrinsic-size:auto 220px}article[hidden]{display:none}\
        video,img{max-width:min(320px,100%);max-height:320px;background:#eee}h2{font-size:14px;margin:0;color:#555}\
        p{white-space:pre-wrap}ul{color:#a40;padding-left:1.2em}.excluded{opacity:.45}#find{width:100%;padding:.5em;font:inherit;box-sizing:border-box}\
        @media(max-width:700px){article{grid-template-columns:1fr;gap:.5em}}
        """
    private static let script = """
        const find=document.getElementById('find');\
        const all=[...document.querySelectorAll('article')].map(a=>[a,a.textContent.toLowerCase()]);\
        find.oninput=()=>{const q=find.value.toLowerCase();for(const[a,text]of all)a.hidden=!text.includes(q)};
        """
}

extension Dataset {
    /// Writes a page with each clip playable beside its caption and problems, and returns where it is; its folder is made.
    /// Of a clip that browsers do not play a small h264 is made, once, in the dataset's `.previews`.
    ///
    /// Clips that cannot be read are named. Throws `FileError`, `Cancelled`, or with `strict`, and where none can be read,
    /// why.
    @discardableResult
    public func report(to path: String, strict: Bool = false, monitor: Monitor = Monitor()) throws -> String {
        let path = try Written.path(path)
        try DatasetReport(dataset: self, path: path, isStrict: strict, monitor: monitor).write()
        monitor.note("\(counted(count, "clip")) in '\(path)'")
        Ledger.session.add("wrote", file: path)
        return path
    }
}
