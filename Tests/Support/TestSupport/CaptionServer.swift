import Base

/// A server that speaks OpenAI's format, or misbehaves as it is told to: Tests/Support/CaptionServer/server.py, whose first
/// lines say what a script holds.
public final class CaptionServer {
    /// Of 127.0.0.1.
    public let port: Int
    private let server: PythonServer, log: String

    /// Runs until it is let go of.
    public init(_ script: JSON) throws {
        let path = Scratch.path("script", ".json")
        log = Scratch.path("requests", ".jsonl")
        try AtomicFile.write(script.text(), to: path)
        try AtomicFile.write("", to: log)
        server = try PythonServer("CaptionServer/server.py", [path, log])
        port = server.ports[0]
    }

    /// What a captioner is given.
    public var endpoint: String { "http://127.0.0.1:\(port)/v1" }
    /// Everything that was asked so far.
    public var requests: [JSON] {
        get throws { try Files.text(log).split(separator: "\n").map { try JSON(parsing: String($0)) } }
    }
    /// The questions among them: what they asked for, without the pictures' bytes.
    public var questions: [JSON] {
        get throws { try requests.filter { $0["path"]?.string?.hasSuffix("/completions") == true } }
    }

    /// A reply that is a caption.
    public static func caption(_ text: String, finish: String = "stop", input: Int = 100, output: Int = 10) -> JSON {
        [
            "json": [
                "choices": [
                    ["message": ["role": "assistant", "content": .string(text)], "finish_reason": .string(finish)]
                ],
                "usage": ["prompt_tokens": .integer(input), "completion_tokens": .integer(output)],
            ]
        ]
    }
    /// A reply that is a failure.
    public static func failure(_ status: Int, _ body: JSON, headers: JSON = [:]) -> JSON {
        ["status": .integer(status), "json": body, "headers": headers]
    }
    /// The same in OpenAI's words.
    public static func failure(_ status: Int, type: String = "", _ message: String, headers: JSON = [:]) -> JSON {
        failure(status, ["error": ["message": .string(message), "type": .string(type)]], headers: headers)
    }
}
