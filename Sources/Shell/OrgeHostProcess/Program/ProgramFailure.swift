import OrgeSystem

/// Why the program ends otherwise than in order.
struct ProgramFailure: Error {
    /// The exit code when the world's declaration is invalid: EX_DATAERR of sysexits.h.
    static let authorFaultCode: Int32 = 65

    var message: String
    var code: Int32 = 1
    /// The disk is full: what failed works once there is room.
    var isFullDisk = false
}

/// A failed call to the system, as a reason to end.
func system<Value: ~Copyable>(_ call: () throws(SystemError) -> Value) throws(ProgramFailure) -> Value {
    do throws(SystemError) { return try call() } catch { throw ProgramFailure(message: "\(error)") }
}
