import Glibc

/// Owns one open descriptor and closes it at its end.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, to be handed to a call; never to be closed.
    package let number: Int32

    package init(owning number: Int32) {
        precondition(number >= 0, "not a descriptor")
        self.number = number
    }

    deinit {
        // The result says nothing one could act on: the number is free in any case.
        _ = close(number)
    }

    /// Gives the number away: the caller closes it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}

/// What a read without waiting found.
package enum Arrived: Equatable, Sendable {
    case bytes([UInt8])
    case nothingYet
    /// The other side has closed; nothing will come any more.
    case end
}
