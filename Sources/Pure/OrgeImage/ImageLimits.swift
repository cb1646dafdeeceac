/// Bounds of an image. Each is part of the format or of the memory that writing and reading need.
package enum ImageLimits {
    /// Bytes after which a chunk is cut: small enough that one file write does not delay others, large enough that a chunk's 16 bytes of header
    /// and its checksum cost nothing beside it.
    package static let chunkTargetBytes = 64 << 10
    /// Bytes of one chunk's body: the largest record is a page of 1,024 rows of 4,096 bytes, and a chunk holds whole records.
    package static let chunkBytes = 8 << 20
    /// Sections of one image: 64 components, and some for the world and its host.
    package static let sections = 128
    /// Bytes of a section's name: `rows/` and the name of a component, which has at most 128.
    package static let nameBytes = 160
    /// The largest tick, sequence, session number or time in a sound state: counting never reaches it, and what is counted on from it cannot overflow.
    package static let counter: UInt64 = 1 << 62
    /// Bytes of UTF-8 that name the code which made the image, as in the journal.
    package static let codeIDBytes = 64
}
