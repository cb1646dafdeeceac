import COrgeSystem
import Glibc

extension Descriptor {
    /// Reads at most `limit` bytes. On a descriptor that blocks it waits for the first one.
    package borrowing func read(atMost limit: Int) throws(SystemError) -> Arrived {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe Glibc.read(number, &buffer, limit)
            if count > 0 { return .bytes(Array(buffer.prefix(count))) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingYet
            // A peer that was killed with bytes unread; for us it is gone like any other.
            case ECONNRESET: return .end
            default: throw SystemError("read", code: errno)
            }
        }
    }

    /// Reads a whole file.
    /// - Throws: also for one that is longer than the limit.
    package static func contents(of path: String, bytesLimit: Int) throws(SystemError) -> [UInt8] {
        let file = try reading(path)
        var bytes: [UInt8] = []
        while case .bytes(let part) = try file.read(atMost: 65_536) {
            bytes += part
            if bytes.count > bytesLimit { throw SystemError("read \(path)", code: EFBIG) }
        }
        return bytes
    }

    /// Writes what can be written without waiting, and says how many bytes that was; 0 when there is no room.
    /// A peer that has gone is an error (`EPIPE`), never a signal.
    package borrowing func writeNow(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        let result = unsafe bytes.withUnsafeBytes { buffer in unsafe orge_output_write(number, buffer.baseAddress, buffer.count) }
        if result == -Int64(EAGAIN) || result == -Int64(EINTR) { return 0 }
        return Int(try checked(result, "write"))
    }

    /// Writes all of it, waiting as long as it takes.
    package borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { buffer in unsafe Glibc.write(number, buffer.baseAddress, buffer.count) }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                _ = waitUntilReady([Awaited(number, .writable)], timeoutMilliseconds: nil)
            } else if errno != EINTR {
                throw SystemError("write", code: errno)
            }
        }
    }

    /// A second descriptor on the same output that never waits; see `orge_output_open`.
    package static func output(_ number: Int32) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked(orge_output_open(number), "open descriptor \(number) for writing"))
    }

    /// /dev/null, for children that get no input.
    package static func null() throws(SystemError) -> Descriptor {
        let number = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        if number < 0 { throw SystemError("open /dev/null", code: errno) }
        return Descriptor(owning: number)
    }

    /// Opens a file for reading.
    package static func reading(_ path: String) throws(SystemError) -> Descriptor {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if number < 0 { throw SystemError("open \(path)", code: errno) }
        return Descriptor(owning: number)
    }

    package borrowing func setNonBlocking() throws(SystemError) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw SystemError("make a descriptor non-blocking", code: errno) }
    }
}
