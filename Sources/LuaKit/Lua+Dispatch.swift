import CLuaBridge
import Base

func dispatch(_ context: UnsafeMutableRawPointer?, _ function: Int64, _ call: UnsafeMutablePointer<lb_call>?) {
    guard let context, let call else { return }
    Unmanaged<Lua>.fromOpaque(context).takeUnretainedValue().invoke(Int(function), call)
}
func release(_ object: UnsafeMutableRawPointer?) {
    guard let object else { return }
    Unmanaged<AnyObject>.fromOpaque(object).release()
}

extension Lua {
    /// Runs one bound function. Nothing is thrown past this point: an error becomes the value that C raises.
    func invoke(_ number: Int, _ call: UnsafeMutablePointer<lb_call>) {
        releaseReferences()
        do {
            if let refusal = call.pointee.refusal {
                throw LuaArgumentError(argument: nil, message: String(cString: refusal), usage: "")
            }
            guard functions.indices.contains(number) else { return }
            let function = functions[number]
            let count = call.pointee.count
            var invocation = Invocation(lua: self, receiver: nil, values: [])
            var first = 0
            if function.info.isMethod, count > 0 {
                let value = LuaValue(call.pointee.arguments[0], self)
                if case .object(let object) = value {
                    invocation.receiver = object
                } else {
                    invocation.misplaced = value
                }
                first = 1
            }
            invocation.values.reserveCapacity(count)
            for place in first..<max(first, count) {
                invocation.values.append(LuaValue(call.pointee.arguments[place], self))
            }
            try write(function.body(&invocation), to: call)
        } catch {
            call.pointee.failed = true
            call.pointee.owns_objects = false
            call.pointee.result_count = 0
            write(error, to: call)
        }
    }

    private func write(_ value: LuaValue, to call: UnsafeMutablePointer<lb_call>) throws {
        switch value {
        case .results(let values):
            var owns = false
            guard let nodes = nodes(for: values, &owns) else { throw OutOfMemory() }
            call.pointee.results = nodes
            call.pointee.result_count = values.count
            call.pointee.owns_objects = owns
        default:
            var owns = false
            let single = withUnsafeMutablePointer(to: &call.pointee.single) { $0 }
            guard write(value, to: single, &owns) else { throw OutOfMemory() }
            call.pointee.results = single
            call.pointee.result_count = 1
            call.pointee.owns_objects = owns
        }
    }

    /// The one place where Swift errors become Lua errors: a table with kind, message, path, key and usage. C adds
    /// `where` and the metatable.
    private func write(_ error: any Error, to call: UnsafeMutablePointer<lb_call>) {
        if let failure = error as? LuaFailure, let value = failure.value {
            try? write(.reference(value), to: call)
            return
        }
        var fields: [(String, LuaValue)] = []
        switch error {
        case let error as any UserError:
            fields = [("kind", .string(error.kind)), ("message", .string("\(error)"))]
            if let path = error.path { fields.append(("path", .string(path))) }
            if let key = error.key { fields.append(("key", .string(key))) }
            if let usage = (error as? LuaArgumentError)?.usage ?? (error as? LuaFailure)?.usage, !usage.isEmpty {
                fields.append(("usage", .string(usage)))
            }
        default: fields = [("kind", .string("internal")), ("message", .string("\(error)"))]
        }
        try? write(.table(LuaTable(fields: fields)), to: call)
    }
}

/// The arena is full: C raises the error that it keeps for that.
struct OutOfMemory: UserError {
    var kind: String { "oom" }
    var description: String { "not enough memory for a result" }
}
