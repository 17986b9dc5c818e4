import CYAML
import Base

extension YAML {
    /// What a text may ask for, so that a hostile one costs a bounded amount of memory and time.
    public struct Limits: Sendable {
        /// Bytes of text.
        public var bytes = 8 << 20
        /// Levels of lists and mappings.
        public var depth = 64
        /// Nodes of the whole tree.
        public var nodes = 500_000
        /// Nodes that aliases add by repeating their anchor.
        public var aliasNodes = 10_000

        /// The usual limits: 8 MiB, 64 levels, 500,000 nodes, 10,000 of them through aliases.
        public init() {}
    }

    /// Which plain scalars are numbers with a fraction or an exponent.
    public enum Numbers: Sendable {
        /// Those of YAML 1.1, as PyYAML reads them: `1.0e-3`.
        case strict
        /// Also those that a typed key of a configuration takes: `1e-3`, `6.02e23`. A whole number beyond 64 bits is a string of
        /// its digits: identifiers come through whole.
        case ofScripts
    }

    /// Reads the one document of a text in UTF-8. Throws `YAMLError`.
    ///
    /// YAML 1.1 as PyYAML's `safe_load` resolves it (`YAMLScalar` lists the corners), stricter in four ways: duplicate
    /// keys, keys that are lists or mappings, second documents and unknown tags are refused. Merge keys (`<<: *base`)
    /// work. An empty text is `null`. Of the `!!python` tags, the two that the reference's own saved configurations
    /// hold are read as the plain values they stand for.
    public init(
        parsing bytes: [UInt8], path: String? = nil, limits: Limits = Limits(), numbers: Numbers = .strict
    ) throws(YAMLError) {
        do { self = try YAMLParser.parse(bytes, limits, numbers) } catch {
            var error = error
            error.path = path
            throw error
        }
    }

    /// Reads the one document of a text. Throws `YAMLError`.
    public init(parsing text: String, numbers: Numbers = .strict) throws(YAMLError) {
        try self.init(parsing: Array(text.utf8), numbers: numbers)
    }

    /// Reads a file. Throws `FileError`, or `YAMLError` with the path.
    public init(file path: String, limits: Limits = Limits()) throws {
        if let size = Files.size(path), size > limits.bytes {
            var error = YAMLError("\(size) bytes; a YAML file may have \(limits.bytes) here", nil)
            error.path = path
            throw error
        }
        try self.init(parsing: Files.read(path), path: path, limits: limits)
    }
}

/// Builds the tree from libyaml's events.
private final class YAMLParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let limits: YAML.Limits
    private let numbers: YAML.Numbers
    private var anchors: [String: (node: YAML, size: Int)] = [:]
    private var open: Set<String> = []
    private var nodes = 0, aliasNodes = 0
    private static let prefix = "tag:yaml.org,2002:"

    static func parse(_ bytes: [UInt8], _ limits: YAML.Limits, _ numbers: YAML.Numbers) throws(YAMLError) -> YAML {
        guard bytes.count <= limits.bytes else {
            throw YAMLError("\(bytes.count) bytes; a YAML text may have \(limits.bytes) here", nil)
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw invalidText(bytes) }
        guard let parser = YAMLParser(limits, numbers) else { throw YAMLError("not enough memory to read YAML", nil) }
        // libyaml takes a byte order mark for the beginning of the first document, and the second line for its end.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        // libyaml keeps the address of the text until it is done.
        let result: Result<YAML, YAMLError> = text.withUnsafeBufferPointer { buffer in
            yaml_parser_set_encoding(parser.parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser.parser, buffer.baseAddress, buffer.count)
            do throws(YAMLError) { return .success(try parser.document()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func invalidText(_ bytes: [UInt8]) -> YAMLError {
        var line = 1, column = 1
        var scalars = Unicode.UTF8.ForwardParser(), rest = bytes.makeIterator()
        while case .valid(let encoded) = scalars.parseScalar(from: &rest) {
            (line, column) = encoded.first == 10 ? (line + 1, 1) : (line, column + 1)
        }
        return YAMLError("the text is not UTF-8; save it as UTF-8", YAML.Place(line: line, column: column))
    }

    private init?(_ limits: YAML.Limits, _ numbers: YAML.Numbers) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        (self.parser, self.limits, self.numbers) = (parser, limits, numbers)
    }
    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    // MARK: Events

    /// An event with its strings copied, so that libyaml's can be freed at once.
    private struct Event {
        var type: yaml_event_type_t
        var place: YAML.Place
        var anchor: String?, tag: String?
        var text = ""
        var isPlain = false, isQuoted = false
    }

    private func next() throws(YAMLError) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(parser, &raw) == 1 else { throw problem() }
        defer { yaml_event_delete(&raw) }
        let mark = raw.start_mark
        var event = Event(type: raw.type, place: YAML.Place(line: mark.line + 1, column: mark.column + 1))
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            (event.anchor, event.tag) = (Self.string(scalar.anchor), Self.string(scalar.tag))
            (event.isPlain, event.isQuoted) = (scalar.plain_implicit != 0, scalar.quoted_implicit != 0)
        case YAML_SEQUENCE_START_EVENT:
            let start = raw.data.sequence_start
            (event.anchor, event.tag) = (Self.string(start.anchor), Self.string(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = raw.data.mapping_start
            (event.anchor, event.tag) = (Self.string(start.anchor), Self.string(start.tag))
        case YAML_ALIAS_EVENT: event.anchor = Self.string(raw.data.alias.anchor)
        default: break
        }
        return event
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private func problem() -> YAMLError {
        let mark = parser.pointee.problem_mark
        let place = YAML.Place(line: mark.line + 1, column: mark.column + 1)
        let reason = parser.pointee.problem.map { String(cString: $0) } ?? "malformed YAML"
        let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
        switch parser.pointee.error {
        case YAML_READER_ERROR: return YAMLError(reason, nil)
        case YAML_MEMORY_ERROR: return YAMLError("not enough memory to read YAML", nil)
        default: return YAMLError(reason + context, place)
        }
    }

    // MARK: Nodes

    private func document() throws(YAMLError) -> YAML {
        _ = try next()  // stream start
        let start = try next()
        if start.type == YAML_STREAM_END_EVENT { return YAML(.null, at: start.place) }
        let root = try node(next(), depth: 0)
        _ = try next()  // document end
        let end = try next()
        guard end.type == YAML_STREAM_END_EVENT else {
            throw YAMLError("a second document; one is expected", end.place)
        }
        return root
    }

    private func node(_ event: Event, depth: Int) throws(YAMLError) -> YAML {
        guard depth < limits.depth else { throw YAMLError("nested deeper than \(limits.depth) levels", event.place) }
        if event.type == YAML_ALIAS_EVENT { return try alias(event) }
        let before = nodes
        try count(1, event)
        if let anchor = event.anchor { open.insert(anchor) }
        let value: YAML.Value
        switch event.type {
        case YAML_SCALAR_EVENT: value = try scalar(event)
        case YAML_SEQUENCE_START_EVENT: value = try sequence(event, depth: depth)
        case YAML_MAPPING_START_EVENT: value = try mapping(event, depth: depth)
        default: throw YAMLError("a value was expected", event.place)
        }
        let node = YAML(value, at: event.place)
        if let anchor = event.anchor {
            open.remove(anchor)
            anchors[anchor] = (node, nodes - before)
        }
        return node
    }

    private func count(_ more: Int, _ event: Event) throws(YAMLError) {
        nodes += more
        guard nodes <= limits.nodes else { throw YAMLError("more than \(limits.nodes) values", event.place) }
    }

    private func alias(_ event: Event) throws(YAMLError) -> YAML {
        let name = event.anchor ?? ""
        guard !open.contains(name) else { throw YAMLError("'*\(name)' lies inside its own anchor", event.place) }
        guard let anchor = anchors[name] else { throw YAMLError("'*\(name)' has no anchor '&\(name)'", event.place) }
        aliasNodes += anchor.size
        guard aliasNodes <= limits.aliasNodes else {
            throw YAMLError("the aliases repeat more than \(limits.aliasNodes) values", event.place)
        }
        try count(anchor.size, event)
        return YAML(anchor.node.value, at: event.place)
    }

    private func scalar(_ event: Event) throws(YAMLError) -> YAML.Value {
        guard let tag = event.tag, tag != "!" else {
            guard event.isPlain, event.tag == nil else { return .string(event.text) }
            let value = YAMLScalar.resolve(event.text)
            guard numbers == .ofScripts else { return value }
            if case .string(let text) = value, let number = YAMLScalar.float(text) { return .number(number) }
            if case .number? = YAMLScalar.integer(event.text) { return .string(event.text) }
            return value
        }
        let resolved = YAMLScalar.resolve(event.text)
        switch (tag.hasPrefix(Self.prefix) ? tag.dropFirst(Self.prefix.count) : tag[...], resolved) {
        case ("str", _), ("python/str", _), ("python/unicode", _): return .string(event.text)
        case ("null", .null), ("bool", .bool), ("int", .integer), ("float", .number): return resolved
        case ("float", .integer(let value)): return .number(Double(value))
        case ("float", .string(let text)):
            if let value = Double(text) { return .number(value) }
        case ("null", _), ("bool", _), ("int", _), ("float", _): break
        default: throw unknownTag(tag, event)
        }
        throw YAMLError("'\(event.text)' does not fit the tag '\(short(tag))'", event.place)
    }

    private func sequence(_ event: Event, depth: Int) throws(YAMLError) -> YAML.Value {
        var items: [YAML] = []
        while case let next = try next(), next.type != YAML_SEQUENCE_END_EVENT {
            items.append(try node(next, depth: depth + 1))
        }
        switch event.tag.map(short) {
        case nil, "!", "!!seq", "!!python/tuple": return .list(items)
        // How PyYAML's dump writes the enum value of `model_source`: a call with one argument.
        case "!!python/object/apply:ltxv_trainer.model_loader.LtxvModelVersion":
            guard items.count == 1, let version = items[0].string else {
                throw YAMLError("one model version was expected", event.place)
            }
            return .string(version)
        case let tag?: throw unknownTag(tag, event)
        }
    }

    private func mapping(_ event: Event, depth: Int) throws(YAMLError) -> YAML.Value {
        if let tag = event.tag, tag != "!", short(tag) != "!!map" { throw unknownTag(tag, event) }
        var members: [YAML.Member] = [], merged: [YAML.Member] = [], names: Set<String> = []
        while case let start = try next(), start.type != YAML_MAPPING_END_EVENT {
            let isMerge = start.type == YAML_SCALAR_EVENT && start.isPlain && start.text == "<<"
            let key = try node(start, depth: depth + 1)
            guard let name = key.scalarText else {
                throw YAMLError("a key must be a single value, not \(key.brief)", start.place)
            }
            guard names.insert(name).inserted else { throw YAMLError("duplicate key '\(name)'", start.place) }
            let value = try node(next(), depth: depth + 1)
            if isMerge { merged = try bases(value) } else { members.append(YAML.Member(key, value)) }
        }
        guard !merged.isEmpty else { return .mapping(members) }
        var known = names
        return .mapping(merged.filter { known.insert($0.name).inserted } + members)
    }

    /// The members that a merge key brings in: of one mapping, or of a list of them, the first winning.
    private func bases(_ value: YAML) throws(YAMLError) -> [YAML.Member] {
        if let members = value.mapping { return members }
        guard let list = value.list, list.allSatisfy({ $0.mapping != nil }) else {
            throw YAMLError("'<<' takes a mapping or a list of mappings, got \(value.brief)", value.place)
        }
        return list.flatMap { $0.mapping ?? [] }
    }

    private func short(_ tag: String) -> String {
        tag.hasPrefix(Self.prefix) ? "!!" + tag.dropFirst(Self.prefix.count) : tag
    }
    private func unknownTag(_ tag: String, _ event: Event) -> YAMLError {
        YAMLError("the tag '\(short(tag))' is not supported; write a plain value", event.place)
    }
}
