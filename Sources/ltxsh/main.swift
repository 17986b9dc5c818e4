import Glibc
import Shell

let words = Program.words(CommandLine.unsafeArgv)
Program.end(Program.run(Array(words.dropFirst()), name: words.first ?? "ltxsh"))
