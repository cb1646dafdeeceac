package import OrgeBase

/// Restores some of an image's sections. Each part of a program that owns state has one.
package protocol SectionDecoder: AnyObject {
    /// Starts a section.
    /// - Returns: false when it is not one of this decoder's.
    /// - Throws: `otherLayout`.
    func begin(_ section: ImageSection) throws(ImageError) -> Bool
    /// Decodes one or more whole records of the section.
    func decode(_ records: inout ByteReader) throws(DecodeError)
    /// Ends the section: checks that it is complete.
    /// - Returns: the hash that its contents lead to; nil where they were changed on the way, so that it says nothing.
    func end() throws(DecodeError) -> UInt64?
    /// The first section that this decoder needs and has not had.
    var missing: String? { get }
}

extension ImageReader {
    /// Reads all sections and gives each to the decoder that knows it.
    /// - Throws: `unknownSection`, `missingSection`, `otherLayout`, `otherHash`, and what ``next()`` throws. What was decoded by then must be discarded.
    /// - Parameter onChunk: it gets on.
    package mutating func restore(_ decoders: [any SectionDecoder], onChunk: () -> Void = {}) throws(ImageError) -> ImageTrailer {
        while let item = try next() {
            switch item {
            case .section(let section): try restore(section, decoders, onChunk)
            case .trailer(let trailer):
                for decoder in decoders {
                    if let name = decoder.missing { throw ImageError(.missingSection, "the image lacks this section", section: name, offset: offset) }
                }
                guard try next() == nil else { preconditionFailure("a reader yields nothing after the trailer") }
                return trailer
            case .records, .sectionEnd: preconditionFailure("a reader yields records inside sections only")
            }
        }
        preconditionFailure("a reader ends with the trailer")
    }

    private mutating func restore(_ section: ImageSection, _ decoders: [any SectionDecoder], _ onChunk: () -> Void) throws(ImageError) {
        let start = offset
        var known: (any SectionDecoder)?
        for decoder in decoders where known == nil {
            if try decoder.begin(section) { known = decoder }
        }
        guard let known else {
            throw ImageError(.unknownSection, "this program knows no such section", section: section.name, offset: start)
        }
        while let item = try next() {
            switch item {
            case .records(let bytes):
                try attempt(section) { () throws(DecodeError) in
                    var reader = ByteReader(bytes)
                    while !reader.isAtEnd { try known.decode(&reader) }
                }
                onChunk()
            case .sectionEnd(let stated):
                let found = try attempt(section) { () throws(DecodeError) in try known.end() }
                guard found == nil || found == stated else {
                    throw ImageError(.otherHash, "its contents do not lead to the hash that the image states", section: section.name, offset: start)
                }
                return
            case .section, .trailer: preconditionFailure("a reader yields records and an end inside a section")
            }
        }
        preconditionFailure("a reader ends each section")
    }

    private func attempt<Value>(_ section: ImageSection, _ decode: () throws(DecodeError) -> Value) throws(ImageError) -> Value {
        do throws(DecodeError) {
            return try decode()
        } catch {
            throw ImageError(.damaged, "\(error) of the chunk before", section: section.name, offset: offset)
        }
    }
}
