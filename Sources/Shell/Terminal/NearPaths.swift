import Base
import Glibc

/// Paths as a person in the working directory writes them: a long absolute one fills a row and says what everybody knows.
enum NearPaths {
    /// The text with what lies in the working directory written from there. Of every other path nothing is changed.
    static func text(_ text: String, from folder: String = here) -> String {
        guard folder.count > 1, text.contains(folder) else { return text }
        var out = "", rest = text[...]
        while let found = rest.firstRange(of: folder + "/") {
            let isBeginning = rest[..<found.lowerBound].last.map {
                !$0.isLetter && !$0.isNumber && !"/._-".contains($0)
            }
            out += rest[..<found.lowerBound]
            if isBeginning == false { out += rest[found] }
            rest = rest[found.upperBound...]
        }
        return out + rest
    }
    /// The working directory; empty when it is gone.
    static var here: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}
