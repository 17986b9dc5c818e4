/// What `dataset-crash` does, on plain arrays.
struct CrashModel: Equatable {
    var captions: [String]
    var excluded: [Bool]
    private var undo: [CrashModel] = [], redo: [CrashModel] = []

    init(clips: Int) {
        (captions, excluded) = (Array(repeating: "", count: clips), Array(repeating: false, count: clips))
    }

    static func == (a: Self, b: Self) -> Bool { a.captions == b.captions && a.excluded == b.excluded }

    private static func caption(_ n: Int) -> String {
        let texts = ["x", "a man rides a bicycle ", "一只猫在跳舞 ", "🚲🏔️ ", "\"quoted\"\n"]
        let sizes = [1, 7, 40, 300, 4000]
        return "\(n):" + String(repeating: texts[n % texts.count], count: sizes[(n / 3) % sizes.count])
    }

    mutating func operate(_ n: Int) {
        let before = self
        switch n % 12 {
        case 5: return
        case 7:
            if let last = undo.popLast() {
                (captions, excluded) = (last.captions, last.excluded)
                redo.append(before)
            }
            return
        case 8:
            if let last = redo.popLast() {
                (captions, excluded) = (last.captions, last.excluded)
                undo.append(before)
            }
            return
        case 9: captions = captions.map { String($0.prefix(20)) + "+\(n)" }
        case 10: excluded[n % captions.count] = n % 24 == 10
        default: captions[n % captions.count] = Self.caption(n)
        }
        if self != before {
            undo.append(before)
            redo = []
        }
    }
}
