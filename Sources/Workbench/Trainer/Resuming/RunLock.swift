import Base
import Synchronization

/// The right to write into a run's folder, as long as the run lives: the system takes it from a process that dies.
final class RunLock: Sendable {
    private let lock: Mutex<DatasetLock?>

    /// Throws `TrainerError.alive` when a run, of this shell or of another, has it. Where the file system knows no locks there is
    /// nothing that a program can do.
    init(_ folder: String) throws {
        switch DatasetLock.take(Path.join(folder, "run.lock")) {
        case .taken(let taken): lock = Mutex(taken)
        case .held(let holder): throw TrainerError.alive(folder, by: holder)
        case .refused: lock = Mutex(nil)
        }
    }
    /// Gives it back.
    func release() { lock.withLock { $0 = nil } }
}
