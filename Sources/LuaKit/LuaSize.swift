import Base

/// A size as a user writes it: `"768x448x89"` or `{width=768, height=448, frames=89}`.
public struct LuaSize: Sendable, Equatable, CustomStringConvertible {
    /// Pixels, and frames where they were given.
    public let width: Int, height: Int, frames: Int?
    /// A size.
    public init(width: Int, height: Int, frames: Int? = nil) {
        (self.width, self.height, self.frames) = (width, height, frames)
    }
    /// Parses `"WxH"` and `"WxHxF"`.
    public init?(parsing text: String) {
        guard let parts = SizeText.numbers(text), parts.allSatisfy({ $0 > 0 && $0 <= 1 << 20 }) else { return nil }
        self.init(width: parts[0], height: parts[1], frames: parts.count == 3 ? parts[2] : nil)
    }
    /// `"768x448x89"`.
    public var description: String { "\(width)x\(height)" + (frames.map { "x\($0)" } ?? "") }
}

extension LuaType where Value == LuaSize {
    /// `"WxH"`, `"WxHxF"`, or a table with those fields.
    public static var size: Self {
        var info = TypeInfo("size", annotation: "string|{width: integer, height: integer, frames?: integer}")
        info.acceptsTables = true
        return LuaType(info) { value, _ in
            let wrong = LuaTypeError(
                "must be a size, \"WxH\" or \"WxHxF\", such as \"768x448x89\" or {width=768, height=448, frames=89}")
            if let text = value.string {
                guard let size = LuaSize(parsing: text) else { throw wrong }
                return size
            }
            if value.number != nil { throw wrong }
            guard let table = value.table else { return nil }
            guard let fields = table.fields, fields.allSatisfy({ ["width", "height", "frames"].contains($0.name) }),
                let width = table["width"].integer, let height = table["height"].integer,
                (1...1 << 20).contains(width), (1...1 << 20).contains(height)
            else { throw wrong }
            if table["frames"].isNil { return LuaSize(width: width, height: height) }
            guard let frames = table["frames"].integer, (1...1 << 20).contains(frames) else { throw wrong }
            return LuaSize(width: width, height: height, frames: frames)
        }
    }
}
