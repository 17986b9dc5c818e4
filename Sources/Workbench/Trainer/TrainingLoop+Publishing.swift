import Base
import Configuration
import Hub

/// What `hub.push_to_hub` asks for.
extension TrainingLoop {
    /// What sends a finished run's LoRA to the hub, from rank 0; nil where nothing shall. The run is finished without it, too.
    var publication: (() -> Void)? {
        guard ranks.isFirst, let options = Self.publishing(settings), step >= settings.optimization.steps else {
            return nil
        }
        return { [run] in
            do {
                let outcome = try Publishing(of: run.folder, options).send(run.job.monitor)
                run.note("sent to \(outcome.address)")
            } catch {
                run.note(
                    "it was not sent to '\(options.repository)': \(error); "
                        + "Exporter.publish{ run = run, repo = \"\(options.repository)\" } sends it")
            }
        }
    }
    /// Throws where it is known before the run that nothing could be sent: no token, no repository's name, a hub that may not be
    /// asked. Sends nothing.
    static func requirePublishing(_ settings: TrainingConfiguration) throws {
        guard let options = publishing(settings) else { return }
        let environment = try HubEnvironment(), repository = try HubRepository(options.repository)
        if let variable = environment.offlineVariable {
            throw HubError.offline(variable: variable, what: "the run could not be sent to \(repository)")
        }
        _ = try HubClient(environment, needsToken: true)
    }
    private static func publishing(_ settings: TrainingConfiguration) -> Publishing.Options? {
        guard settings.hub.pushToHub, let repository = settings.hub.hubModelID else { return nil }
        var options = Publishing.Options()
        options.repository = repository
        return options
    }
}
