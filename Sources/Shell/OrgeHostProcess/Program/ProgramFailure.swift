import OrgeHost
import OrgeJournal
import OrgeSystem

/// Why the program ends otherwise than in order.
struct ProgramFailure: Error {
    /// The exit code when the world's declaration is invalid: EX_DATAERR of sysexits.h.
    static let authorFaultCode: Int32 = 65

    var message: String
    var code: Int32 = 1
    /// It is the disk's fault: what failed works once the disk does.
    var diskFault: DiskFault?
    /// What another start would come to.
    var end = End.open

    enum End: Equatable {
        case open
        /// The same, before an operator has done something.
        case stopped
        /// Another host has the world's journal.
        case fenced
    }
}

/// A failed call to the system, as a reason to end.
func system<Value: ~Copyable>(_ call: () throws(SystemError) -> Value) throws(ProgramFailure) -> Value {
    do throws(SystemError) { return try call() } catch { throw ProgramFailure(error) }
}

extension ProgramFailure {
    init(_ failure: StartFailure) {
        self.init(message: "\(failure)", diskFault: failure.diskFault, end: failure.isFenced ? .fenced : failure.isFinal ? .stopped : .open)
    }

    init(_ error: SystemError) { self.init(message: "\(error)", diskFault: DiskFault(cause: error.code)) }
}
