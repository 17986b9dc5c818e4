import Base
import Foundation
import Synchronization
import Testing

@Suite struct BoundedQueueTests {
    /// Runs the body on a thread of its own; `wait` of the result returns when it has ended.
    private func thread(_ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
        let ended = DispatchSemaphore(value: 0)
        Thread {
            body()
            ended.signal()
        }.start()
        return ended
    }

    @Test func `everything arrives in order and then nil`() throws {
        let queue = BoundedQueue<Int>(capacity: 3)
        let maker = thread {
            for number in 0..<1000 { queue.push(number) }
            queue.finish()
        }
        var seen: [Int] = []
        while let number = try queue.pop() { seen.append(number) }
        #expect(seen == Array(0..<1000))
        #expect(try queue.pop() == nil)
        maker.wait()
    }
    @Test func `a maker is never further ahead than the capacity`() throws {
        let queue = BoundedQueue<Int>(capacity: 4)
        let pushed = Mutex(0), most = Mutex(0)
        let maker = thread {
            for number in 0..<200 {
                queue.push(number)
                pushed.withLock { $0 += 1 }
            }
            queue.finish()
        }
        var taken = 0
        while try queue.pop() != nil {
            taken += 1
            // Everything pushed and not yet taken is in the queue.
            let ahead = pushed.withLock { $0 } - taken
            most.withLock { $0 = max($0, ahead) }
        }
        maker.wait()
        #expect(taken == 200)
        #expect(most.withLock { $0 } <= 4)
    }
    @Test func `several makers and takers lose nothing and give nothing twice`() throws {
        let queue = BoundedQueue<Int>(capacity: 5)
        let running = Atomic(4), seen = Mutex<[Int]>([])
        let makers = (0..<4).map { maker in
            thread {
                for number in 0..<250 { queue.push(maker * 250 + number) }
                if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { queue.finish() }
            }
        }
        let takers = (0..<3).map { _ in
            thread {
                while let number = try? queue.pop() { seen.withLock { $0.append(number) } }
            }
        }
        for ended in makers + takers { ended.wait() }
        #expect(seen.withLock { $0 }.sorted() == Array(0..<1000))
    }
    @Test func `an error comes after the elements before it and stays`() throws {
        let queue = BoundedQueue<Int>(capacity: 2)
        queue.push(1)
        queue.finish(Cancelled("why"))
        queue.finish()
        #expect(!queue.push(2))
        #expect(try queue.pop() == 1)
        for _ in 0..<2 {
            #expect(throws: Cancelled.self) { try queue.pop() }
        }
    }
    @Test func `cancelling lets a waiting maker go and drops what is there`() throws {
        final class Counted: Sendable {
            let end: @Sendable () -> Void
            init(_ end: @escaping @Sendable () -> Void) { self.end = end }
            deinit { end() }
        }
        let queue = BoundedQueue<Counted>(capacity: 1)
        let dropped = Mutex(0), refused = Mutex(false)
        let maker = thread {
            queue.push(Counted { dropped.withLock { $0 += 1 } })
            // Waits for room, or finds the queue cancelled: refused in either case.
            let taken = queue.push(Counted { dropped.withLock { $0 += 1 } })
            refused.withLock { $0 = !taken }
        }
        queue.cancel()
        maker.wait()
        #expect(refused.withLock { $0 })
        #expect(dropped.withLock { $0 } == 2)
        #expect(try queue.pop() == nil)
    }
    @Test func `a queue without room still takes one`() throws {
        let queue = BoundedQueue<Int>(capacity: 0)
        #expect(queue.push(1))
        #expect(try queue.pop() == 1)
    }
}
