/// Why an image could not be read. The reader's fault, the disk's and the image's are told apart by the code.
package struct ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The source could not be read; `cause` has the system's error.
        case unreadable
        /// The bytes do not start as an image does.
        case notAnImage
        /// A format of a newer or older Orge.
        case otherFormat
        /// The image ends before its trailer.
        case truncated
        /// A checksum, length or order is wrong, or a record is malformed.
        case damaged
        /// The image has a section that the program does not know.
        case unknownSection
        /// The program needs a section that the image does not have.
        case missingSection
        /// The image has a section twice.
        case repeatedSection
        /// A section's format or layout is not the program's.
        case otherLayout
        /// The image is of another version of the world's schema.
        case otherSchema
        /// A section's contents do not lead to the hash that the image states.
        case otherHash
        /// The image is of an earlier schema, and what its rows became is not what the world allows.
        case notMigrated
    }

    package var code: Code
    /// The section at fault; nil where it is none.
    package var section: String?
    /// For people: what is wrong, and the remedy where there is one.
    package var message: String
    /// Bytes from the start of the image.
    package var offset: Int?
    /// The system's error number, of `unreadable`.
    package var cause: Int32?

    package init(_ code: Code, _ message: String, section: String? = nil, offset: Int? = nil, cause: Int32? = nil) {
        self.code = code
        self.section = section
        self.message = message
        self.offset = offset
        self.cause = cause
    }

    package var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        return (section.map { "section \($0): " } ?? "") + message + place
    }
}
