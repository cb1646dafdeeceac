import COrgeSystem

/// The signal by which code ended that ran guarded: SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE or SIGABRT.
package struct RaisedSignal: Error, Equatable, Sendable {
    package let number: Int32

    /// As signals are called on Linux.
    package var name: String {
        switch number {
        case 4: "SIGILL"
        case 5: "SIGTRAP"
        case 6: "SIGABRT"
        case 7: "SIGBUS"
        case 8: "SIGFPE"
        case 11: "SIGSEGV"
        default: "signal \(number)"
        }
    }
}

/// Runs a body on a thread of its own and waits for it: a trap in it ends that thread, and not the process.
///
/// What the body was doing then is never finished, and what it used stays as it was at that moment: nothing of it may be used any more, nor freed.
/// - Throws: when there is no such thread.
package func runGuarded<Value>(_ body: @escaping () -> Value) throws(SystemError) -> Result<Value, RaisedSignal> {
    let call = GuardedCall(body)
    let context = unsafe Unmanaged<GuardedCallBase>.passRetained(call)
    let result = unsafe orge_guard_run({ unsafe Unmanaged<GuardedCallBase>.fromOpaque($0!).takeUnretainedValue().run() }, context.toOpaque())
    // After a trap the thread holds it for good.
    if result > 0 { return .failure(RaisedSignal(number: result)) }
    unsafe context.release()
    _ = try checked(result, "run a thread")
    guard let value = call.value else { preconditionFailure("a body that returned has a value") }
    return .success(value)
}

private class GuardedCallBase {
    func run() { preconditionFailure("a call without a body") }
}

private final class GuardedCall<Value>: GuardedCallBase {
    private let body: () -> Value
    private(set) var value: Value?

    init(_ body: @escaping () -> Value) { self.body = body }

    override func run() { value = body() }
}
