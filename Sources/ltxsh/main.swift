import Glibc
import Shell

let words = Program.words(CommandLine.unsafeArgv)
exit(Program.run(Array(words.dropFirst()), name: words.first ?? "ltxsh"))
