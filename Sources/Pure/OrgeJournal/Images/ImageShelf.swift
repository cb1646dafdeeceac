internal import OrgeImage

/// The images of one world: which one to start from, and which ones to keep.
struct ImageShelf: Sendable {
    let storage: any JournalStorage
    let genesis: Genesis
    /// Ticks of images that are known to be whole, oldest first; at most ``JournalLimits/imagesKept``.
    private(set) var kept: [UInt64] = []

    init(_ storage: any JournalStorage, genesis: Genesis) {
        self.storage = storage
        self.genesis = genesis
    }

    /// The newest whole image.
    /// - Parameter damaged: gets the newer ones that are not whole.
    mutating func newest(damaged: inout [JournalError]) throws(JournalError) -> JournalImage? {
        for tick in try storage.imageTicks().reversed() {
            do throws(JournalError) {
                let image = try read(tick)
                kept = [tick]
                return image
            } catch  where error.code == .corrupt || error.code == .newerFormat || error.diskFault == .failing {
                // One that the disk does not give back is as good as damaged: the older one, with more of the log, leads to the same state.
                damaged.append(error)
            }
        }
        return nil
    }

    /// The oldest whole image of these ticks.
    mutating func oldest(from first: UInt64, through last: UInt64) throws(JournalError) -> UInt64? {
        for tick in try storage.imageTicks() where tick >= first && tick <= last {
            do throws(JournalError) {
                _ = try read(tick)
                return tick
            } catch  where error.code == .corrupt || error.code == .newerFormat {
                continue
            }
        }
        return nil
    }

    /// Reads the image to its end, so that what is wrong with its frame is found before anything is restored from it.
    private func read(_ tick: UInt64) throws(JournalError) -> JournalImage {
        let path = JournalNames.image(tick)
        let header: ImageHeader
        do throws(ImageError) {
            var reader = try ImageReader(JournalImageSource(path, in: storage))
            header = reader.header
            while try reader.next() != nil {}
        } catch {
            throw JournalError(error, in: path)
        }
        guard header.lineage == genesis.lineage else {
            throw JournalError(.otherWorld, "this image belongs to another world; take it out of the folder", path: path)
        }
        guard header.tick == tick else { throw JournalError(.corrupt, "the image in this file is of tick \(header.tick)", path: path) }
        return JournalImage(header, in: storage)
    }

    /// The code that made an image, as its header says; the rest of the file is not read.
    func codeID(of tick: UInt64) throws(JournalError) -> String {
        let path = JournalNames.image(tick)
        do throws(ImageError) {
            return try ImageReader(JournalImageSource(path, in: storage)).header.codeID
        } catch {
            throw JournalError(error, in: path)
        }
    }

    /// Adds an image that is durable.
    mutating func add(_ tick: UInt64) {
        if kept.last != tick { kept.append(tick) }
        kept = kept.suffix(JournalLimits.imagesKept)
    }

    /// The tick from which on log and images must stay; nil until two images are known to be whole: then nothing is removed.
    var neededFrom: UInt64? { kept.count == JournalLimits.imagesKept ? kept.first : nil }
}

extension JournalError {
    /// What is wrong with an image's file.
    init(_ error: ImageError, in path: StoragePath) {
        let code: Code =
            switch error.code {
            case .unreadable: .system
            case .otherFormat: .newerFormat
            case .notAnImage, .truncated, .damaged, .unknownSection, .missingSection, .repeatedSection, .otherLayout, .otherSchema, .otherHash, .notMigrated:
                .corrupt
            }
        self.init(code, "\(error); restore this file from a backup", cause: error.cause, path: path, offset: error.offset)
    }
}
