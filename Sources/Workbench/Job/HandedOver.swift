/// A value that one thread makes and gives away to another: the giver does not touch it afterwards, which is what makes it
/// Sendable in effect. For tensors read from files on their way to a run.
struct HandedOver<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
