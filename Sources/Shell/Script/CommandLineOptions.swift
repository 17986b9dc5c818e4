import Base

/// What the command line asks for: lua.c's grammar, and our long options.
struct CommandLineOptions {
    /// One thing to run, in order.
    enum Action: Equatable {
        case chunk(String)
        /// `-l NAME`: a module as a global.
        case library(String)
        case script(String)
        case standardInput
    }
    var actions: [Action] = []
    var isInteractive = false
    var showsVersion = false, showsHelp = false
    var device = "auto"
    var threads: Int?
    /// `--nproc`: how many ranks of itself it starts.
    var processes: Int?
    var color = ColorChoice.auto
    /// Tables in a pipe are as wide as what is in them.
    var isWide = false
    var logLevel: Log.Level?
    var logFile: String?
    var runsInit = true, keepsHistory = true
    /// `-E`: variables that steer Lua are not looked at.
    var ignoresEnvironment = false
    /// `-W`: `warn` is heard.
    var warns = false
    /// `--safe`: no other programs are run, and no C code is loaded.
    var isSafe = false
    /// `doctor` alone: looks the machine over and ends.
    var isCheckup = false
    /// `--write-docs FOLDER`: writes the generated reference and ends.
    var docsFolder: String?
    /// The words before the script's own: `arg[-1]` and below.
    var before: [String] = []
    /// The script's name and arguments.
    var script: [String] = []

    /// Parses the words after the program's name. Throws `UsageError`.
    init(_ words: [String], program: String = "ltxsh") throws {
        before = [program]
        var rest = words[...]
        while let word = rest.first {
            rest.removeFirst()
            // A file of that name is a script all the same.
            if word == "doctor", rest.isEmpty, !Files.exists(word) {
                isCheckup = true
                return
            }
            if word == "-" || !word.hasPrefix("-") {
                actions.append(word == "-" ? .standardInput : .script(word))
                script = [word] + rest
                return
            }
            before.append(word)
            if word == "--" {
                if let name = rest.first {
                    actions.append(.script(name))
                    script = Array(rest)
                }
                return
            }
            try take(word, &rest)
        }
    }

    private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) throws {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = word.hasPrefix("--") ? parts[0] : word
        let inline = word.hasPrefix("--") && parts.count == 2 ? parts[1] : nil
        func value(_ rest: inout ArraySlice<String>, _ before: inout [String]) throws -> String {
            if let inline { return inline }
            guard let value = rest.popFirst() else { throw UsageError("option '\(name)' needs a value") }
            before.append(value)
            return value
        }
        switch name {
        case "-e": actions.append(.chunk(try value(&rest, &before)))
        case _ where name.hasPrefix("-e") && !name.hasPrefix("--"): actions.append(.chunk(String(name.dropFirst(2))))
        case "-l": actions.append(.library(try value(&rest, &before)))
        case _ where name.hasPrefix("-l") && !name.hasPrefix("--"):
            actions.append(.library(String(name.dropFirst(2))))
        case "-i": isInteractive = true
        case "-W": warns = true
        case "-E": (ignoresEnvironment, runsInit) = (true, false)
        case "--safe": isSafe = true
        case "--wide": isWide = true
        case "--version", "-v": showsVersion = true
        case "--help", "-h": showsHelp = true
        case "--device": device = try Self.device(try value(&rest, &before))
        case "--threads":
            let text = try value(&rest, &before)
            guard let count = Int(text), (1...1024).contains(count) else {
                throw UsageError("'--threads' must be a whole number from 1 to 1024, got '\(text)'")
            }
            threads = count
        case "--nproc":
            let text = try value(&rest, &before)
            guard let count = Int(text), (1...1024).contains(count) else {
                throw UsageError("'--nproc' must be a whole number from 1 to 1024, got '\(text)'")
            }
            processes = count
        case "--color":
            let text = try value(&rest, &before)
            guard let choice = ColorChoice(rawValue: text) else {
                throw UsageError("'--color' must be auto, always or never, got '\(text)'")
            }
            color = choice
        case "--log-level":
            let text = try value(&rest, &before)
            guard let level = Log.Level(rawValue: text) else {
                let known = Log.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("'--log-level' must be one of \(known), got '\(text)'")
            }
            logLevel = level
        case "--log-file": logFile = try value(&rest, &before)
        case "--no-init": runsInit = false
        case "--no-history": keepsHistory = false
        case "--write-docs": docsFolder = try value(&rest, &before)
        default:
            throw UsageError("unknown option '\(word)'\(Suggestion.hint(for: name, in: Self.names))")
        }
        if inline != nil, !Self.valued.contains(name) { throw UsageError("option '\(name)' takes no value") }
    }

    private static func device(_ text: String) throws -> String {
        let number = text.hasPrefix("cuda:") ? Int(text.dropFirst(5)) : nil
        guard ["auto", "cpu", "cuda"].contains(text) || number.map({ $0 >= 0 }) ?? false else {
            throw UsageError("'--device' must be auto, cpu, cuda or cuda:N, got '\(text)'")
        }
        return text
    }
    private static let valued: Set<String> = [
        "--device", "--threads", "--nproc", "--color", "--log-level", "--log-file", "--write-docs",
    ]
    private static let names =
        valued.sorted() + [
            "-e", "-i", "-l", "-W", "-E", "--safe", "--wide", "--version", "--help", "--no-init", "--no-history",
        ]

    static let help = """
        usage: ltxsh                          interactive shell
               ltxsh FILE.lua [ARG ...]       run a script; ARGs are in `arg` and `...`
               ltxsh -e 'CODE' [-i]           run a chunk; with -i stay interactive
               ltxsh -                        script from standard input
               ltxsh doctor                   look the machine over; exit status 1 when something is a problem

        options:
          -e CODE                   run CODE; may be repeated
          -l NAME                   require NAME into a global of that name
          -i                        stay interactive after that
          -W                        let warn(…) be heard
          -E                        ignore LUA_PATH, LUA_CPATH and init.lua
          --safe                    run no other programs and load no C code
          --device auto|cpu|cuda[:N]  where models run unless a call says otherwise
          --threads N               threads for computing on the CPU
          --nproc N                 N processes of this script on this machine, which train together
          --color auto|always|never
          --wide                    tables in a pipe or file keep whole lines; else they have 80 columns
          --log-level LEVEL         error, warning, info or debug
          --log-file FILE           append the log to FILE instead of standard error
          --no-init                 do not run ~/.config/ltxsh/init.lua
          --no-history              neither read nor write the history
          --version, --help

        exit status: 0 ok, 1 error in a script, 2 bad usage, 130 interrupted
        """
}

/// A command line that makes no sense: exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
