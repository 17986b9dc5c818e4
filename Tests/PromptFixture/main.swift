import Glibc
import Shell

// The prompt with a toy language and toy jobs behind it, so that its behaviour can be tested without models.
Signals.install()
var options = Prompt.Options(machine: "toy")
for argument in CommandLine.arguments.dropFirst() {
    switch argument {
    case "--no-history": options = Prompt.Options(keepsHistory: false, machine: "toy")
    default: break
    }
}
Program.end(Prompt(ToyInterpreter(), options: options).run())
