import CLuaBridge

extension LuaValue {
    /// A node of the bridge. Objects are retained, references adopted.
    init(_ node: lb_value, _ lua: Lua) {
        switch Int(node.kind) {
        case LB_BOOL: self = .bool(node.integer != 0)
        case LB_INT: self = .integer(Int(node.integer))
        case LB_NUMBER: self = .number(node.number)
        case LB_STRING:
            let bytes = UnsafeRawBufferPointer(start: node.pointer, count: Int(node.integer))
            if let text = String(validating: bytes, as: UTF8.self) {
                self = .string(text)
            } else {
                self = .bytes(Array(bytes))
            }
        case LB_TABLE:
            var table = LuaTable()
            table.isMapping = node.type != 0
            table.pairs.reserveCapacity(Int(node.integer))
            if let pairs = node.pairs {
                for place in 0..<Int(node.integer) {
                    table.pairs.append((LuaValue(pairs[2 * place], lua), LuaValue(pairs[2 * place + 1], lua)))
                }
            }
            self = .table(table)
        case LB_OBJECT:
            guard let pointer = node.pointer else { self = .none; return }
            self = .object(Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue())
        case LB_REFERENCE:
            let kind: LuaReference.Kind =
                switch Int(node.type) {
                case LB_TYPE_TABLE: .table
                case LB_TYPE_FUNCTION: .function
                case LB_TYPE_COROUTINE: .coroutine
                default: .userdata
                }
            self = .reference(
                LuaReference(
                    slot: node.integer, type: kind, identity: UInt(bitPattern: node.pointer),
                    native: node.native >= 0 ? Int(node.native) : nil, lua: lua))
        default: self = .none
        }
    }
}

extension Lua {
    /// Nodes in the bridge's arena, `nil` when it is out of memory; nothing is retained then.
    func nodes(for values: [LuaValue], _ owns: inout Bool) -> UnsafeMutablePointer<lb_value>? {
        guard let nodes = allocate(values.count) else { return nil }
        for (place, value) in values.enumerated() {
            if !write(value, to: nodes + place, &owns) {
                lb_release_objects(state, nodes, place)
                return nil
            }
        }
        return nodes
    }

    func write(_ value: LuaValue, to node: UnsafeMutablePointer<lb_value>, _ owns: inout Bool) -> Bool {
        node.pointee = lb_value()
        switch value {
        case .none, .results: break
        case .bool(let value):
            node.pointee.kind = Int32(LB_BOOL)
            node.pointee.integer = value ? 1 : 0
        case .integer(let value):
            node.pointee.kind = Int32(LB_INT)
            node.pointee.integer = Int64(value)
        case .number(let value):
            node.pointee.kind = Int32(LB_NUMBER)
            node.pointee.number = value
        case .string(var text): return text.withUTF8 { write($0, to: node) }
        case .bytes(let bytes): return bytes.withUnsafeBufferPointer { write($0, to: node) }
        case .table(let table): return write(table, to: node, &owns)
        case .object(let object):
            // A class that was not registered is a mistake of ours; Lua sees nil.
            guard let type = classes[ObjectIdentifier(Swift.type(of: object))] else {
                assertionFailure("\(Swift.type(of: object)) is not registered")
                break
            }
            owns = true
            node.pointee.kind = Int32(LB_OBJECT)
            node.pointee.type = type.number
            node.pointee.integer = Int64(type.inspector.byteCount?(object) ?? 0)
            node.pointee.pointer = UnsafeRawPointer(Unmanaged.passRetained(object).toOpaque())
        case .reference(let reference):
            node.pointee.kind = Int32(LB_REFERENCE)
            node.pointee.integer = reference.slot
        // The slot outlives a reference that dies now: slots are given back only between pushes.
        case .native(let number):
            node.pointee.kind = Int32(LB_NATIVE)
            node.pointee.integer = Int64(number)
        }
        return true
    }
    private func write(_ bytes: UnsafeBufferPointer<UInt8>, to node: UnsafeMutablePointer<lb_value>) -> Bool {
        guard let copy = lb_allocate(state, bytes.count) else { return false }
        if let base = bytes.baseAddress { copy.copyMemory(from: base, byteCount: bytes.count) }
        node.pointee.kind = Int32(LB_STRING)
        node.pointee.integer = Int64(bytes.count)
        node.pointee.pointer = UnsafeRawPointer(copy)
        return true
    }
    private func write(_ table: LuaTable, to node: UnsafeMutablePointer<lb_value>, _ owns: inout Bool) -> Bool {
        guard let pairs = allocate(2 * table.pairs.count) else { return false }
        for (place, pair) in table.pairs.enumerated() {
            let key = pairs + 2 * place
            guard write(pair.key, to: key, &owns), write(pair.value, to: key + 1, &owns) else {
                lb_release_objects(state, pairs, 2 * place + 1)
                return false
            }
        }
        node.pointee.kind = Int32(LB_TABLE)
        node.pointee.type = table.isMapping && table.pairs.isEmpty ? 1 : 0
        node.pointee.integer = Int64(table.pairs.count)
        node.pointee.pairs = pairs
        return true
    }
    private func allocate(_ count: Int) -> UnsafeMutablePointer<lb_value>? {
        lb_allocate(state, max(1, count) * MemoryLayout<lb_value>.stride)?
            .bindMemory(to: lb_value.self, capacity: max(1, count))
    }
}
