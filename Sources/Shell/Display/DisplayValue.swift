/// A Lua value copied for showing: looking at it runs no user code.
package indirect enum DisplayValue {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    /// Bytes: a Lua string need not be text.
    case string([UInt8])
    case table(DisplayTable)
    /// A table that is being shown already, further up.
    case cycle(Int)
    /// A function: its name or place (`"split(options)"`, `"file.lua:12"`) and a line of help, where known.
    case function(name: String, help: String?)
    /// One of our objects, or another userdata, thread or value with its own text.
    case object(any Displayable)
}

/// A Lua table copied for showing.
package struct DisplayTable {
    /// Tells tables apart, for cycles.
    var identity: Int
    /// The values at 1, 2, 3 … without a gap, as far as they were copied.
    var items: [DisplayValue]
    /// The other entries, as far as they were copied, in any order.
    var fields: [(key: DisplayValue, value: DisplayValue)]
    /// How many more entries there are that were not copied.
    var hidden: Int
    /// What `__tostring` of a plain record type or `__name` says it is, when it says so.
    var name: String?

    package init(
        identity: Int, items: [DisplayValue] = [], fields: [(key: DisplayValue, value: DisplayValue)] = [],
        hidden: Int = 0,
        name: String? = nil
    ) {
        (self.identity, self.items, self.fields, self.hidden, self.name) = (identity, items, fields, hidden, name)
    }
}

/// An object that shows itself.
package protocol Displayable {
    /// The object inside a table or a list: one short line.
    var oneLine: String { get }
    /// The object alone at the prompt: lines of at most `context.width` columns.
    func lines(_ context: DisplayContext) -> [String]
}

extension Displayable {
    /// The one line.
    package func lines(_ context: DisplayContext) -> [String] { [TextFitting.truncate(oneLine, to: context.width)] }
}

/// What there is to draw on.
package struct DisplayContext: Sendable {
    var width: Int, height: Int
    /// What a line with a user's text in it may take: without end where a pipe gets everything (`--wide`).
    var textWidth: Int
    var style: Stylist
    var isUnicode: Bool

    package init(width: Int = 80, height: Int = 24, style: Stylist = .plain, isUnicode: Bool = true) {
        (self.width, self.height, self.style, self.isUnicode) = (width, height, style, isUnicode)
        textWidth = width
    }
    /// What `tostring` of an object draws on: as wide as the terminal that it will be printed on, without colours.
    static var text: DisplayContext {
        let terminal = ForegroundWork.terminal
        var context = DisplayContext(terminal)
        context.style = .plain
        return context
    }
    /// The terminal as it is now.
    package init(_ terminal: Terminal) {
        let size = terminal.size
        self.init(width: size.columns, height: size.rows, style: terminal.style, isUnicode: terminal.isUnicode)
        if terminal.isWide, !terminal.hasOutput { (width, textWidth) = (max(200, size.columns), 1_000_000) }
    }
}
