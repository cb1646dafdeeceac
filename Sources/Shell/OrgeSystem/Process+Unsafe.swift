import COrgeSystem
import Glibc

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable {
    case exited(code: Int32)
    case killed(signal: Int32)
}

/// A child of this process, by a descriptor that names it for ever.
package struct ChildProcess: ~Copyable {
    package let pid: Int32
    /// Readable when the process has ended.
    package let descriptor: Descriptor

    /// How it ended, nil while it runs. After an answer it is gone and may not be asked again.
    package borrowing func reap() throws(SystemError) -> ProcessEnd? {
        var how = orge_exit(code: 0, signal: 0)
        let ended = try checked(unsafe orge_pidfd_reap(descriptor.number, &how), "wait for process \(pid)")
        if ended == 0 { return nil }
        return how.signal == 0 ? .exited(code: how.code) : .killed(signal: how.signal)
    }

    /// A process that has ended already is not an error.
    package borrowing func send(signal: Int32) throws(SystemError) {
        let result = orge_pidfd_signal(descriptor.number, signal)
        if result == -ESRCH { return }
        _ = try checked(result, "send signal \(signal) to process \(pid)")
    }
}

/// What to run and with what. The child gets the three standard descriptors, `inherited[i]` as 3 + i, and no other.
package struct Launch {
    package var path: String
    package var arguments: [String]
    package var environment: [String]
    package var standardOutput: Int32
    package var standardError: Int32
    package var inherited: [Int32] = []

    /// - Parameter arguments: begins with the program's name for itself.
    package init(path: String, arguments: [String], environment: [String], standardOutput: Int32, standardError: Int32) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// Starts the child; its standard input is empty.
    /// - Parameter lifeline: the child dies when this process does; its read end joins `inherited` at that index.
    package func start(lifeline: borrowing Lifeline, at index: Int) throws(SystemError) -> ChildProcess {
        var whole = self
        whole.inherited.insert(lifeline.readEnd.number, at: index)
        return try whole.start(lifelineIndex: Int32(index), lifelineWrite: lifeline.writeEnd.number)
    }

    private func start(lifelineIndex: Int32, lifelineWrite: Int32) throws(SystemError) -> ChildProcess {
        let input = try Descriptor.null()
        let (result, pid, pidfd) = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe inherited.withUnsafeBufferPointer { inherited in
                    unsafe path.withCString { path in
                        var request = unsafe orge_spawn_request()
                        unsafe request.path = path
                        unsafe request.arguments = arguments
                        unsafe request.environment = environment
                        unsafe request.standard_input = input.number
                        unsafe request.standard_output = standardOutput
                        unsafe request.standard_error = standardError
                        unsafe request.descriptors = inherited.baseAddress
                        unsafe request.descriptor_count = Int32(inherited.count)
                        unsafe request.lifeline_index = lifelineIndex
                        unsafe request.lifeline_write = lifelineWrite
                        var pid: Int32 = 0
                        var pidfd: Int32 = 0
                        let result = unsafe orge_spawn(&request, &pid, &pidfd)
                        return (result, pid, pidfd)
                    }
                }
            }
        }
        _ = try checked(result, "start \(path)")
        return ChildProcess(pid: pid, descriptor: Descriptor(owning: pidfd))
    }
}

/// A pipe that is never written: its end tells a child that its parent has gone.
package struct Lifeline: ~Copyable {
    let readEnd: Descriptor
    let writeEnd: Descriptor

    package init() throws(SystemError) {
        let ends = try Ends.pipe()
        readEnd = ends.first
        writeEnd = ends.second
    }

    /// The parent's part once the child runs: as long as it lives, the child may.
    package consuming func keep() -> Descriptor { writeEnd }

    /// For a child: from now on the end of the parent is SIGKILL, also when it has ended already. A child of `Launch`
    /// has it from before its first instruction and need not call this.
    package static func arm(_ readEnd: Int32) throws(SystemError) {
        _ = try checked(orge_lifeline_arm(readEnd), "arm the lifeline on descriptor \(readEnd)")
    }
}

/// Two descriptors that belong together.
package struct Ends: ~Copyable {
    package let first: Descriptor
    package let second: Descriptor

    /// Closes the second, once the child has it.
    package consuming func keepFirst() -> Descriptor { first }

    /// Read end and write end.
    package static func pipe() throws(SystemError) -> Ends {
        var ends: [Int32] = [-1, -1]
        _ = try checked(unsafe orge_pipe(&ends), "open a pipe")
        return Ends(first: Descriptor(owning: ends[0]), second: Descriptor(owning: ends[1]))
    }

    /// Connected stream sockets: the parent's end (non-blocking) and the child's (blocking).
    package static func channel() throws(SystemError) -> Ends {
        var ends: [Int32] = [-1, -1]
        _ = try checked(unsafe orge_channel(&ends), "open a control channel")
        return Ends(first: Descriptor(owning: ends[0]), second: Descriptor(owning: ends[1]))
    }
}

/// Memory in RAM and processor time of a process.
package func usage(ofProcess pid: Int32) throws(SystemError) -> (residentBytes: UInt64, processorNanoseconds: UInt64) {
    var usage = orge_usage(resident_bytes: 0, processor_nanoseconds: 0)
    _ = try checked(unsafe orge_usage(pid, &usage), "measure process \(pid)")
    return (usage.resident_bytes, usage.processor_nanoseconds)
}

/// A null-terminated array of C strings for the length of the call.
private func withCStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
