import Glibc
import OrgeSchema
import OrgeSystem

/// A short command's whole life: what it printed and how it ended.
struct BriefRun {
    /// A name and a version, or a few lines of complaint.
    static let bytesLimit = 8_192
    static let patience: UInt64 = 10_000_000_000

    var output = ""
    var errors = ""
    /// Nil: it had to be killed.
    var how: ProcessEnd?

    /// Runs it to its end.
    /// - Parameters:
    ///   - arguments: begin with the program's name for itself.
    ///   - bytesLimit: of each of the two texts; what is beyond is dropped.
    ///   - patience: in nanoseconds; then it is killed.
    init(
        _ path: String, _ arguments: [String], environment: [String], bytesLimit: Int = Self.bytesLimit, patience: UInt64 = Self.patience
    ) throws(SystemError) {
        let output = try Ends.pipe()
        let errors = try Ends.pipe()
        let lifeline = try Lifeline()
        let launch = Launch(
            path: path, arguments: arguments, environment: environment, standardOutput: output.second.number, standardError: errors.second.number)
        let process = try launch.start(lifeline: lifeline, at: 0)
        try output.first.setNonBlocking()
        try errors.first.setNonBlocking()
        var collected: [[UInt8]] = [[], []]
        let deadline = monotonicNanoseconds() + patience
        while how == nil {
            let left = deadline.subtractingReportingOverflow(monotonicNanoseconds())
            if left.overflow { break }
            let awaited = [process.descriptor.number, output.first.number].map { Awaited($0) }
            _ = waitUntilReady(awaited, timeoutMilliseconds: Int32(min(left.partialValue / 1_000_000 + 1, 50)))
            how = try process.reap()
            try Self.drain(output.first, into: &collected[0], bytesLimit)
            try Self.drain(errors.first, into: &collected[1], bytesLimit)
        }
        if how == nil {
            try process.send(signal: SIGKILL)
            _ = waitUntilReady([Awaited(process.descriptor.number)], timeoutMilliseconds: nil)
            _ = try process.reap()
        }
        self.output = String(decoding: collected[0], as: UTF8.self)
        self.errors = String(decoding: collected[1], as: UTF8.self)
    }

    /// What is beyond the limit is read and dropped, so that the command does not block on a full pipe.
    private static func drain(_ pipe: borrowing Descriptor, into bytes: inout [UInt8], _ bytesLimit: Int) throws(SystemError) {
        while case .bytes(let part) = try pipe.read(atMost: 65_536) { bytes += part.prefix(bytesLimit - bytes.count) }
    }
}
