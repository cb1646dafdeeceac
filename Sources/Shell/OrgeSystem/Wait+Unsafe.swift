import COrgeSystem
import Glibc

/// One descriptor and what is awaited of it. The end of the other side is always awaited.
package struct Awaited: Equatable, Sendable {
    package enum Readiness: Equatable, Sendable {
        case readable, writable, both
    }
    package let number: Int32
    package let readiness: Readiness

    package init(_ number: Int32, _ readiness: Readiness = .readable) {
        self.number = number
        self.readiness = readiness
    }
}

/// Waits for any of them and says for each whether it is ready; all false after the timeout (nil: for ever) or a signal.
package func waitUntilReady(_ awaited: [Awaited], timeoutMilliseconds: Int32?) -> [Bool] {
    var states = awaited.map { item in
        let events =
            switch item.readiness {
            case .readable: POLLIN
            case .writable: POLLOUT
            case .both: POLLIN | POLLOUT
            }
        return pollfd(fd: item.number, events: Int16(events), revents: 0)
    }
    let count = unsafe poll(&states, nfds_t(states.count), timeoutMilliseconds ?? -1)
    if count < 0 {
        let code = errno
        precondition(code == EINTR || code == EAGAIN || code == ENOMEM, "poll was called wrongly")
        return [Bool](repeating: false, count: awaited.count)
    }
    return states.map { $0.revents != 0 }
}

/// Nanoseconds since some fixed moment, never going back.
package func monotonicNanoseconds() -> UInt64 { orge_monotonic_nanoseconds() }

/// What `ps` and `top` call this process, cut to 15 bytes.
package func nameThisProcess(_ name: String) { unsafe orge_process_name(name) }

/// From now on this process runs only when no other wants the processor, and uses the disk likewise where its scheduler knows that. For a process with one
/// thread.
package func runAtIdlePriority() throws(SystemError) { _ = try checked(orge_idle_thread(), "lower the priority") }

/// Signals as bytes of a descriptor: from its making on the given ones are blocked, and `SIGPIPE` is ignored.
package struct SignalQueue: ~Copyable {
    package let descriptor: Descriptor

    package init(_ signals: [Int32]) throws(SystemError) {
        descriptor = Descriptor(owning: try checked(unsafe orge_signals_open(signals, signals.count), "listen for signals"))
    }

    /// The next signal, nil when none waits.
    package borrowing func next() throws(SystemError) -> Int32? {
        let signal = try checked(orge_signals_next(descriptor.number), "read a signal")
        return signal == 0 ? nil : signal
    }
}

/// `count` bytes from the kernel's generator, for what must not be guessed.
package func unguessableBytes(count: Int) throws(SystemError) -> [UInt8] {
    precondition(count <= 256, "getrandom gives more only in parts")
    var bytes = [UInt8](repeating: 0, count: count)
    _ = try checked(unsafe orge_unguessable(&bytes, count), "draw random bytes")
    return bytes
}

/// Lets this process and its children have as many descriptors open as the administrator allows: a thousand clients are
/// more than the usual first limit.
package func raiseDescriptorLimit() throws(SystemError) {
    _ = try checked(orge_raise_descriptor_limit(), "raise the limit of open descriptors")
}

/// How many descriptors this process may have open.
package func descriptorLimit() -> Int { Int(clamping: orge_descriptor_limit()) }
