import Glibc
import NIOCore
import OrgeSystem

/// Waits for what an event loop does. The first signal is to end it in order, so that its result is still printed; the second one ends the program at once.
/// - Parameters:
///   - interrupts: made before the loop's thread, so that this thread alone takes the signals.
///   - interrupted: called once, on this thread.
func wait<Result: Sendable>(for end: EventLoopFuture<Result>, _ interrupts: borrowing SignalQueue, interrupted: () -> Void) throws -> Result {
    let wake = try Ends.pipe()
    let wakeEnd = wake.second.number
    end.whenComplete { _ in
        var mark: UInt8 = 0
        _ = unsafe write(wakeEnd, &mark, 1)
    }
    var hasBeenInterrupted = false
    while true {
        let ready = waitUntilReady([Awaited(interrupts.descriptor.number), Awaited(wake.first.number)], timeoutMilliseconds: nil)
        if ready[1] { return try end.wait() }
        while let signal = try interrupts.next() {
            if hasBeenInterrupted { Glibc.exit(128 + signal) }
            hasBeenInterrupted = true
            interrupted()
        }
    }
}
