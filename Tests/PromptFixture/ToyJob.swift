import Base
import Glibc
import Shell
import Synchronization

/// What the test lets go on when it has seen enough: by a file `go` in the home.
enum Gate {
    static var isOpen: Bool { Files.exists(Path.join(Environment["HOME"] ?? "/", "go")) }
}

/// Counts to `steps` on a thread. A name that begins with `bad` fails half-way; one that begins with `gated` stays at its last
/// step, with progress, until the gate is open.
final class ToyJob: PromptJob {
    let title: String
    private enum Event: Sendable {
        case progress(Progress), hook(Int), finished(String), stopped(String), failed(String)
    }
    private struct State {
        var events: [Event] = []
        var isRunning = true
    }
    private let state = Mutex(State())
    private let stopRequested = Atomic(false)
    private let steps: Int, milliseconds: Int

    init(name: String, steps: Int, milliseconds: Int) {
        (title, self.steps, self.milliseconds) = (name, steps, milliseconds)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<ToyJob>.fromOpaque(context).takeRetainedValue().work() }
                return nil
            }, context)
        pthread_detach(thread)
    }
    var isRunning: Bool { state.withLock { $0.isRunning } }
    func takeEvents() -> [PromptJobEvent] {
        let events = state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
        return events.map { event in
            switch event {
            case .progress(let progress): .progress(progress)
            case .hook(let step): .call { Console.shared.write("hook at \(step)\n") }
            case .finished(let text): .ended(.finished(text))
            case .stopped(let text): .ended(.stopped(text))
            case .failed(let text): .ended(.failed(text))
            }
        }
    }
    func requestStop() { stopRequested.store(true, ordering: .relaxed) }

    private func post(_ event: Event, ends: Bool = false) {
        state.withLock { state in
            state.events.append(event)
            if ends { state.isRunning = false }
        }
        Signals.wake()
    }
    private func work() {
        var step = 0
        while step < steps {
            if step < steps - 1 || !title.hasPrefix("gated") || Gate.isOpen { step += 1 }
            usleep(UInt32(milliseconds) * 1000)
            if stopRequested.load(ordering: .relaxed) {
                return post(.stopped("after \(step) steps, saved"), ends: true)
            }
            if title.hasPrefix("bad"), step == steps / 2 { return post(.failed("out of memory"), ends: true) }
            if title.hasPrefix("hook"), step == steps / 2 { post(.hook(step)) }
            post(.progress(Progress("training", step, of: steps, "steps", [("loss", "0.5")])))
        }
        post(.finished("\(steps) steps"), ends: true)
    }
}
