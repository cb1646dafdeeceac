/// What the environment did to a journal: a full disk, a lost sync, damaged bytes, a lock that another process holds.
///
/// Never our own mistake (that is a precondition) and never a peer's (the journal has none).
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Equatable, Sendable {
        /// Another process holds the world's lock.
        case locked
        /// The file is not there.
        case missing
        /// The file is there already.
        case exists
        /// No room: the disk, or the share of it that we may use, is full. Waiting helps; a file over a limit of its size is ``system``.
        case full
        /// A call to the operating system failed otherwise; `cause` is its errno.
        case system
        /// Bytes that were durable are damaged, missing or contradict each other. Nothing may start from them.
        case corrupt
        /// The data belongs to another world than the one that wants to start.
        case otherWorld
        /// The tail was made by other code than the code that wants to replay it.
        case otherCode
        /// The data was made under another version of the world's schema.
        case otherSchema
        /// The files were written by a newer format.
        case newerFormat
        /// Another host writes to this journal, or has taken it over: the lock does not hold. Nothing is lost, and one of the two must end.
        case fenced
        /// The log grew while it was read. The start that found it is to be made again.
        case changed
        /// The writer failed before and takes nothing any more.
        case failed
    }

    package var code: Code
    /// One sentence: what happened and, where there is one, the remedy.
    package var message: String
    /// The operating system's errno, where it gave one.
    package var cause: Int32?
    /// Below the world's folder.
    package var path: StoragePath?
    /// Where in the file, in bytes.
    package var offset: Int?

    package init(_ code: Code, _ message: String, cause: Int32? = nil, path: StoragePath? = nil, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.path = path
        self.offset = offset
    }

    /// EIO.
    static let inputOutput: Int32 = 5

    /// What the disk did, when it is the disk's fault; nil for any other error.
    package var diskFault: DiskFault? { code == .full ? .noRoom : DiskFault(cause: cause) }

    package var description: String {
        var text = "\(code.rawValue): "
        if let path { text += "\(path)" }
        if let offset { text += " at byte \(offset)" }
        if path != nil { text += ": " }
        text += message
        if let cause { text += " (errno \(cause))" }
        return text
    }
}

/// An error that the disk causes and that waiting, or a person, may cure: no reason to give a world up.
package enum DiskFault: Equatable, Sendable {
    /// It is full, or our share of it is.
    case noRoom
    /// It fails to read or write.
    case failing

    /// ENXIO, EIO, ENODEV, EROFS, ETIMEDOUT, ESTALE, EUCLEAN, EREMOTEIO and the like: of a device that is broken, gone, or mounted read-only because of
    /// errors. EACCES and EMFILE are not the disk's doing.
    private static let failures: [Int32] = [5, 6, 19, 30, 110, 116, 117, 121]

    /// - Parameter cause: an errno.
    package init?(cause: Int32?) {
        switch cause {
        case 28, 122: self = .noRoom
        case let cause? where Self.failures.contains(cause): self = .failing
        default: return nil
        }
    }
}
