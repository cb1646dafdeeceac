import Glibc

/// The environment refused something: a fault of neither this program nor its peer.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, as it would stand after "cannot".
    package let action: String
    /// The system's `errno`.
    package let code: Int32

    package init(_ action: String, code: Int32) {
        precondition(code > 0, "an error without a code")
        self.action = action
        self.code = code
    }

    package var description: String { "cannot \(action): \(reason)" }

    /// The system's words for the code.
    package var reason: String { Self.message(ofCode: code) }

    /// Another process holds what was to be locked, or nothing is there yet; trying again later is all right.
    package var wouldBlock: Bool { code == EAGAIN || code == EWOULDBLOCK }
    package var isMissing: Bool { code == ENOENT }
    package var isRefused: Bool { code == ECONNREFUSED }
    package var isInvalid: Bool { code == EINVAL }
    package var isAddressNotLocal: Bool { code == EADDRNOTAVAIL }
}

/// The value of a call that reports failure as a negated errno.
@inline(__always)
func checked<Value: BinaryInteger>(_ value: Value, _ action: @autoclosure () -> String) throws(SystemError) -> Value {
    if value < 0 { throw SystemError(action(), code: Int32(-Int64(value))) }
    return value
}
