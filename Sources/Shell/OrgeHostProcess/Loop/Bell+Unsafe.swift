import Glibc
import OrgeSystem

/// Wakes a thread, by a descriptor, so that it can wait for other things as well.
final class Bell: Sendable {
    private let ends: Ends
    /// Readable after a ring.
    var number: Int32 { ends.first.number }

    init() throws(SystemError) {
        ends = try Ends.pipe()
        try ends.first.setNonBlocking()
        try ends.second.setNonBlocking()
    }

    /// A pipe that is full has rung already.
    func ring() {
        var byte: UInt8 = 1
        _ = unsafe write(ends.second.number, &byte, 1)
    }

    func silence() {
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while unsafe read(ends.first.number, &bytes, 32) == 32 {}
    }

    /// - Parameter timeoutMilliseconds: nil for as long as it takes.
    func wait(timeoutMilliseconds: Int32? = nil) {
        _ = waitUntilReady([Awaited(number)], timeoutMilliseconds: timeoutMilliseconds)
        silence()
    }
}

private final class ThreadBody {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// Starts a thread that no other waits for: most live as long as the process, and one that ends leaves nothing behind.
func startThread(_ name: String, _ run: @escaping @Sendable () -> Void) {
    let body = unsafe Unmanaged.passRetained(ThreadBody(name, run)).toOpaque()
    var thread = pthread_t()
    let result = unsafe pthread_create(
        &thread, nil,
        { body in
            let body = unsafe Unmanaged<ThreadBody>.fromOpaque(body!).takeRetainedValue()
            nameThisProcess(body.name)
            body.run()
            return nil
        }, body)
    precondition(result == 0, "a process with one thread can have another (\(result))")
    let detached = pthread_detach(thread)
    precondition(detached == 0, "a thread that was just started can be detached (\(detached))")
}
