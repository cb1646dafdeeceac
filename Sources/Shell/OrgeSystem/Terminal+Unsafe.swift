import COrgeSystem
import Glibc

/// The terminal of a program that draws on it.
package enum Terminal {
    /// Whether the descriptor is one.
    package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Its size in characters; nil where it does not say.
    package static func size(of descriptor: Int32) throws(SystemError) -> (columns: Int, rows: Int)? {
        var (columns, rows): (UInt16, UInt16) = (0, 0)
        _ = try checked(unsafe orge_terminal_size(descriptor, &columns, &rows), "ask the terminal for its size")
        return columns > 0 && rows > 0 ? (Int(columns), Int(rows)) : nil
    }

    /// Takes it: keys come as they are pressed, without echo, and Ctrl-C is a key. It is given back by ``giveBack()``, or by the trap that ends this process.
    /// - Parameter farewell: written when it is given back; at most 64 bytes.
    package static func take(_ descriptor: Int32, farewell: String) throws(SystemError) {
        let result = unsafe farewell.withCString { bytes in unsafe orge_terminal_take(descriptor, bytes, farewell.utf8.count) }
        _ = try checked(result, "take the terminal")
    }

    /// Its settings are what they were. Nothing happens when none is taken.
    package static func giveBack() { orge_terminal_give_back() }

    /// Stops this process, as Ctrl-Z does, and returns when it is continued. Every thread stops.
    package static func suspend() { _ = kill(getpid(), SIGSTOP) }
}

extension Descriptor {
    /// A second descriptor for the same input, which the caller may close.
    package static func input(_ number: Int32) throws(SystemError) -> Descriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { throw SystemError("copy descriptor \(number)", code: errno) }
        return Descriptor(owning: copy)
    }
}
