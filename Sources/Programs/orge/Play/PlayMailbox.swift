import Glibc
import OrgeSession
import OrgeSystem
import OrgeTerminal
import Synchronization

/// What has happened to a client, for the thread of its terminal. A pipe wakes that thread.
final class PlayMailbox: Sendable {
    /// Happenings that wait. A terminal that stands still loses the oldest ones, as its log would.
    static let limit = 2_000

    private struct Contents {
        var events: [PlayEvent] = []
        /// Only the newest one is of use.
        var view: ClientView?
        var isClosed = false
        /// A byte lies in the pipe.
        var isSignalled = false
    }

    private let contents = Mutex(Contents())
    private let wake: Ends

    init() throws(SystemError) { wake = try Ends.pipe() }

    /// Readable when something has happened.
    var descriptor: Int32 { wake.first.number }

    func put(_ event: PlayEvent) {
        change { contents in
            contents.events.append(event)
            if contents.events.count > Self.limit { contents.events.removeFirst(Self.limit / 2) }
        }
    }

    func put(_ view: ClientView) { change { $0.view = view } }

    /// The client has ended.
    func close() { change { $0.isClosed = true } }

    private func change(_ body: (inout sending Contents) -> Void) {
        let isNew = contents.withLock { contents in
            body(&contents)
            defer { contents.isSignalled = true }
            return !contents.isSignalled
        }
        guard isNew else { return }
        var mark: UInt8 = 0
        _ = unsafe write(wake.second.number, &mark, 1)
    }

    /// Everything that waits, the view last; and whether the client has ended.
    func take() -> (events: [PlayEvent], isClosed: Bool) {
        contents.withLock { contents in
            if contents.isSignalled { _ = try? wake.first.read(atMost: 1) }
            contents.isSignalled = false
            defer { (contents.events, contents.view) = ([], nil) }
            return (contents.events + (contents.view.map { [.view($0)] } ?? []), contents.isClosed)
        }
    }
}
