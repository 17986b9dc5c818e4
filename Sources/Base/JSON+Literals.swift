extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `"text"` stands for a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// `1` stands for an integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// `1.0` stands for a number that is no integer, even when it is whole.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// `true` and `false` stand for themselves.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `[1, "a"]` stands for an array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// `["a": 1]` stands for an object in this order; the last value of a key written twice holds.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
    }
}
