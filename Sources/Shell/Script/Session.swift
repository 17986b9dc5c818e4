import LuaKit
import Workbench

/// What is of one session and not of the process: handed down to whoever needs it, so that two sessions, or two tests, know
/// nothing of each other. The terminal, its signals and the log are the process's. Main thread.
package final class Session {
    /// The datasets that scripts have opened.
    let datasets = OpenDatasets()
    /// Where models are loaded unless a call says otherwise.
    var device = SessionDevice()
    /// What goes on behind the prompt.
    let jobs: JobBoard

    /// A session that has done nothing yet.
    package init(jobs: JobBoard = .shared) { self.jobs = jobs }
}

extension Arg where Value == Session {
    /// The session that the call came from.
    static var session: Self { .provided { try $0.interpreter().session } }
}
