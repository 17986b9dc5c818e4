import Base

/// A question in OpenAI's format.
struct ChatPayload {
    var model: String
    var system: String?
    var text: String
    /// Parts before the text, as the server takes them.
    var media: [JSON]
    var limit: Int
    var temperature: Double?
    var extras: JSONObject

    /// The body, and the names of its parameters that a server could refuse.
    func encoded(_ dialect: Dialect) -> (bytes: [UInt8], names: [String]) {
        var parameters: [(key: String, value: JSON)] = []
        if let name = dialect.limitName { parameters.append((name, .integer(limit))) }
        if let temperature { parameters.append(("temperature", .number(temperature))) }
        parameters += extras.members
        parameters.removeAll { dialect.dropped.contains($0.key) }
        var messages: [JSON] = system.map { [["role": "system", "content": .string($0)]] } ?? []
        let content: JSON = media.isEmpty ? .string(text) : .array(media + [["type": "text", "text": .string(text)]])
        messages.append(["role": "user", "content": content])
        let body = JSONObject(
            [(key: "model", value: JSON.string(model)), (key: "messages", value: .array(messages))] + parameters)
        return (Array(JSON.object(body).text().utf8), parameters.map(\.key))
    }
}
