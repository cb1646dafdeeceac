import Glibc
import OrgeSystem

/// Standard output, a whole line or many at a time.
func printLine(_ line: String) { writeAll(line + "\n", to: 1) }

/// Standard error.
func printError(_ line: String) { writeAll(line + "\n", to: 2) }

/// Writes all of it; a reader that has gone ends the program as it would end any other.
func writeAll(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
        let count = unsafe bytes[sent...].withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            sent += count
        } else if errno == EAGAIN {
            _ = waitUntilReady([Awaited(descriptor, .writable)], timeoutMilliseconds: nil)
        } else if errno != EINTR {
            exit(1)
        }
    }
}

/// Milliseconds since 1970.
func utcMilliseconds() -> UInt64 {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(max(0, time.tv_nsec)) / 1_000_000
}

/// Whether there is something at this path.
func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
