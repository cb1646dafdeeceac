package import OrgeSchema

/// Reads an image from a source, chunk by chunk, and checks its frame: checksums, order, sections, trailer. It holds one chunk at a time.
package struct ImageReader {
    private enum Place: Equatable {
        case betweenSections, inSection, end
    }

    package let header: ImageHeader
    package let schema: WorldSchema
    /// Bytes read so far: where the next item starts.
    package private(set) var offset: Int
    private var source: any ChunkSource
    private let seed: UInt32
    private var ordinal: UInt32 = 1
    private var place = Place.betweenSections
    /// Names of the sections so far.
    private var names: [String] = []

    /// Reads the header and the schema document.
    package init(_ source: any ChunkSource) throws(ImageError) {
        self.source = source
        let head = try self.source.read(upTo: ImageHeader.byteCount)
        header = try ImageHeader(decoding: head)
        seed = CRC32C.checksum(head)
        guard let chunk = try ImageChunk.read(&self.source, ordinal: 0, seed: seed, at: head.count) else {
            throw ImageError(.truncated, "the image ends after its header", offset: head.count)
        }
        guard chunk.kind == .schema else { throw ImageError(.damaged, "the image does not start with its schema", offset: head.count) }
        do throws(DecodeError) {
            schema = try WorldSchema(decoding: chunk.body)
        } catch {
            throw ImageError(.damaged, "the schema document cannot be read (\(error))", offset: head.count)
        }
        offset = head.count + ImageChunk.headerBytes + chunk.body.count
    }

    /// The next item; nil after the trailer, when nothing follows it.
    package mutating func next() throws(ImageError) -> ImageItem? {
        let start = offset
        let chunk = try ImageChunk.read(&source, ordinal: ordinal, seed: seed, at: start)
        guard let chunk else {
            guard place == .end else { throw ImageError(.truncated, "the image ends before its trailer", section: section, offset: start) }
            return nil
        }
        ordinal += 1
        offset += ImageChunk.headerBytes + chunk.body.count
        switch (place, chunk.kind) {
        case (.betweenSections, .section): return .section(try begin(chunk.body, start))
        case (.inSection, .records): return .records(chunk.body)
        case (.inSection, .sectionEnd):
            place = .betweenSections
            return .sectionEnd(hash: try read(chunk.body, start) { reader throws(DecodeError) in try reader.u64() })
        case (.betweenSections, .trailer): return .trailer(try end(chunk.body, start))
        case (.betweenSections, _), (.inSection, _), (.end, _):
            throw ImageError(.damaged, "a chunk out of place", section: section, offset: start)
        }
    }

    private var section: String? { place == .inSection ? names.last : nil }

    private mutating func begin(_ body: [UInt8], _ start: Int) throws(ImageError) -> ImageSection {
        let section = try read(body, start) { reader throws(DecodeError) in
            ImageSection(
                try reader.shortText(limit: ImageLimits.nameBytes), format: try reader.u16(), layout: RowLayout(try RowLayout.fields(reading: &reader)))
        }
        guard !names.contains(section.name) else {
            throw ImageError(.repeatedSection, "the image has this section twice", section: section.name, offset: start)
        }
        guard names.count < ImageLimits.sections else {
            throw ImageError(.damaged, "more than \(ImageLimits.sections) sections", section: section.name, offset: start)
        }
        names.append(section.name)
        place = .inSection
        return section
    }

    private mutating func end(_ body: [UInt8], _ start: Int) throws(ImageError) -> ImageTrailer {
        let trailer = try read(body, start) { reader throws(DecodeError) in
            ImageTrailer(sections: Int(try reader.u32()), worldHash: try reader.u64(), hostHash: try reader.u64())
        }
        guard trailer.sections == names.count else {
            throw ImageError(.damaged, "\(names.count) sections, and the trailer counts \(trailer.sections)", offset: start)
        }
        place = .end
        return trailer
    }

    private func read<Value>(_ body: [UInt8], _ start: Int, _ decode: (inout ByteReader) throws(DecodeError) -> Value) throws(ImageError) -> Value {
        do throws(DecodeError) {
            var reader = ByteReader(body)
            let value = try decode(&reader)
            try reader.expectEnd()
            return value
        } catch {
            throw ImageError(.damaged, "a malformed chunk (\(error))", section: section, offset: start)
        }
    }
}
