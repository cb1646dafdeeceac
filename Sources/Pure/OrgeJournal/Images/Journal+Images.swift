package import OrgeImage
internal import OrgeSchema

/// Images for those who read or write one without opening a journal.
extension Journal {
    /// The bytes of an image that is in this storage.
    package static func imageSource(tick: UInt64, in storage: any JournalStorage) -> any ChunkSource {
        JournalImageSource(JournalNames.image(tick), in: storage)
    }

    /// A file for an image.
    package static func imageFile(tick: UInt64, in storage: any JournalStorage) throws(JournalError) -> ImageFile { try ImageFile(tick: tick, in: storage) }

    /// The world's hash in each image of these ticks, under this schema, that is there. Reads them to their ends.
    package static func imageHashes(
        _ storage: any JournalStorage, in ticks: ClosedRange<UInt64>, schemaHash: UInt64
    ) throws(JournalError) -> [(tick: UInt64, hash: UInt64)] {
        var hashes: [(tick: UInt64, hash: UInt64)] = []
        for tick in try storage.imageTicks() where ticks.contains(tick) {
            do throws(JournalError) {
                if let hash = try worldHash(tick, storage, schemaHash) { hashes.append((tick, hash)) }
            } catch  where error.code == .missing {
                // Removed meanwhile by the host that runs.
            }
        }
        return hashes
    }

    private static func worldHash(_ tick: UInt64, _ storage: any JournalStorage, _ schemaHash: UInt64) throws(JournalError) -> UInt64? {
        // Opening it first tells one that is not there from one that is damaged.
        _ = try storage.read(JournalNames.image(tick), from: 0, count: 0)
        do throws(ImageError) {
            var reader = try ImageReader(imageSource(tick: tick, in: storage))
            guard reader.schema.hash == schemaHash else { return nil }
            while let item = try reader.next() { if case .trailer(let trailer) = item { return trailer.worldHash } }
            throw ImageError(.truncated, "the image ends before its trailer")
        } catch {
            throw JournalError(error, in: JournalNames.image(tick))
        }
    }
}
