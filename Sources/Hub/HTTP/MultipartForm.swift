/// The body of a form with one file in it.
public struct MultipartForm: Sendable {
    /// The header that goes with it.
    public let contentType: String
    /// To be sent with that header.
    public let body: [UInt8]

    /// Fields, and a file under the name `file`.
    public init(_ fields: [String: String], file name: String, type: String, _ bytes: [UInt8]) {
        let boundary = "ltxsh-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        contentType = "multipart/form-data; boundary=\(boundary)"
        // What would end the quoted name early.
        let name = String(name.map { $0 == "\"" || $0 == "\\" || $0.isNewline ? "_" : $0 })
        var body: [UInt8] = []
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(key)\"\r\n\r\n\(value)\r\n".utf8
        }
        body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n".utf8
        body += "Content-Type: \(type)\r\n\r\n".utf8
        self.body = body + bytes + Array("\r\n--\(boundary)--\r\n".utf8)
    }
}
