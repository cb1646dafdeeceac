package import OrgeBase
package import OrgeSchema

/// Writes an image to a sink, chunk by chunk: it holds one chunk at a time, whatever the size of the state.
///
/// `section` → any number of `record` → `endSection`, for each section; then `finish`.
package struct ImageWriter<Sink: ImageSink & ~Copyable>: ~Copyable {
    private var sink: Sink
    private let seed: UInt32
    private var ordinal: UInt32 = 0
    private var sections = 0
    private var isInSection = false
    /// Records of the chunk that is being filled, after room for its header.
    private var pending = ByteWriter()

    /// Writes the header and the schema document.
    package init(_ header: ImageHeader, schema: WorldSchema, to sink: consuming Sink) throws(Sink.Failure) {
        let bytes = header.encoded()
        seed = CRC32C.checksum(bytes)
        self.sink = sink
        try self.sink.append(bytes)
        try chunk(.schema) { $0.bytes(schema.encoded()) }
    }

    /// Starts a section.
    /// - Precondition: no other section is open.
    package mutating func section(_ section: ImageSection) throws(Sink.Failure) {
        precondition(!isInSection && sections < ImageLimits.sections, "section \(section.name) out of order")
        isInSection = true
        sections += 1
        try chunk(.section) { writer in
            writer.shortText(section.name)
            writer.u16(section.format)
            section.layout.encode(to: &writer)
        }
        ImageChunk.begin(&pending)
    }

    /// Appends a record to the open section.
    /// - Precondition: it is at most ``ImageLimits/chunkBytes`` less ``ImageLimits/chunkTargetBytes``.
    package mutating func record(_ write: (inout ByteWriter) -> Void) throws(Sink.Failure) {
        precondition(isInSection, "a record outside a section")
        write(&pending)
        if pending.count >= ImageLimits.chunkTargetBytes { try flush() }
    }

    private mutating func flush() throws(Sink.Failure) {
        try emit(.records)
        ImageChunk.begin(&pending)
    }

    /// Ends the open section.
    /// - Parameter hash: of the section's contents.
    package mutating func endSection(hash: UInt64) throws(Sink.Failure) {
        precondition(isInSection, "no section is open")
        isInSection = false
        if pending.count > ImageChunk.headerBytes { try emit(.records) } else { pending.removeAll() }
        try chunk(.sectionEnd) { $0.u64(hash) }
    }

    /// Writes the trailer.
    /// - Precondition: no section is open.
    package consuming func finish(worldHash: UInt64, hostHash: UInt64) throws(Sink.Failure) -> Sink {
        precondition(!isInSection, "the image ends inside a section")
        let sections = sections
        try chunk(.trailer) { writer in
            writer.u32(UInt32(sections))
            writer.u64(worldHash)
            writer.u64(hostHash)
        }
        return sink
    }

    private mutating func chunk(_ kind: ImageChunk.Kind, _ write: (inout ByteWriter) -> Void) throws(Sink.Failure) {
        ImageChunk.begin(&pending)
        write(&pending)
        try emit(kind)
    }

    private mutating func emit(_ kind: ImageChunk.Kind) throws(Sink.Failure) {
        let bytes = ImageChunk.finish(&pending, kind, ordinal: ordinal, seed: seed)
        ordinal += 1
        try sink.append(bytes)
    }
}
