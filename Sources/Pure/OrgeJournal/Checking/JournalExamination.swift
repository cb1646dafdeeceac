internal import OrgeImage
internal import OrgeSchema

/// What is in a world's folder, whole or not, and what of it can be saved. Reads everything, takes no lock, writes nothing.
package struct JournalExamination: Sendable {
    package struct Image: Equatable, Sendable {
        package var tick: UInt64
        package var codeID: String
        var incarnation: UInt64
        var schemaHash: UInt64
    }

    /// What a repair writes.
    package struct Rescue: Equatable, Sendable {
        /// The tick of the image from which a start goes on; 0: from the genesis.
        package var imageTick: UInt64
        /// The last tick that is saved.
        package var through: UInt64
        /// The last tick before the records that are saved.
        package var recordsAfter: UInt64
        /// Images that are copied.
        var images: [UInt64]
        /// Segments that are copied, up to these bytes. None: the image is saved without a log.
        var segments: [Piece]
    }

    struct Piece: Equatable, Sendable {
        var number: UInt64
        var end: Int
        var size: Int
    }

    /// nil: neither the file nor an image tells what the world is, and nothing can be read.
    package internal(set) var identity: GenesisIdentity?
    /// Everything that is wrong.
    package internal(set) var findings: [JournalError] = []
    /// What is worth knowing and no damage.
    package internal(set) var remarks: [String] = []
    /// Whole ones, oldest first.
    package internal(set) var images: [Image] = []
    package internal(set) var segmentCount = 0
    /// The last tick that a file names, whether it can be saved or not.
    package internal(set) var lastTick: UInt64 = 0
    /// The codes that wrote what can be read, in the order in which they are first named.
    package internal(set) var codeIDs: [String] = []
    /// nil: nothing can be saved.
    package internal(set) var rescue: Rescue?
    /// Why a start refuses; nil when it does not.
    package internal(set) var refusal: JournalError?

    var genesis: Genesis?
    /// Of any host that a file names.
    var incarnation: UInt64 = 0

    /// - Throws: what the disk says. Damage is a finding.
    package init(_ storage: any JournalStorage) throws(JournalError) {
        try readImages(storage)
        try readGenesis(storage)
        guard genesis != nil else { return }
        let runs = try readSegments(storage)
        rescue = plan(runs)
        do throws(JournalError) { _ = try Journal.survey(storage) } catch { refusal = error }
    }

    /// Nothing is wrong.
    package var isWhole: Bool { findings.isEmpty && refusal == nil }
}

extension JournalExamination {
    private mutating func readImages(_ storage: any JournalStorage) throws(JournalError) {
        for tick in try storage.imageTicks() {
            lastTick = max(lastTick, tick)
            do throws(ImageError) {
                var reader = try ImageReader(Journal.imageSource(tick: tick, in: storage))
                let header = reader.header
                var world: WorldRecord?
                var section = ""
                while let item = try reader.next() {
                    switch item {
                    case .section(let begun): section = begun.name
                    case .records(let bytes) where section == "world" && world == nil: world = try? Self.worldRecord(bytes)
                    case .records, .sectionEnd, .trailer: continue
                    }
                }
                adopt(tick, header, reader.schema, world)
            } catch {
                let failure = JournalError(error, in: JournalNames.image(tick))
                guard failure.code == .corrupt || failure.code == .newerFormat else { throw failure }
                findings.append(failure)
            }
        }
    }

    private static func worldRecord(_ bytes: [UInt8]) throws(DecodeError) -> WorldRecord {
        var reader = ByteReader(bytes)
        return try WorldRecord(reading: &reader)
    }

    /// Takes a whole image. It holds what the genesis says, too: a damaged genesis can be written again from it.
    private mutating func adopt(_ tick: UInt64, _ header: ImageHeader, _ schema: WorldSchema, _ world: WorldRecord?) {
        guard header.tick == tick else {
            return findings.append(JournalError(.corrupt, "the image in this file is of tick \(header.tick)", path: JournalNames.image(tick)))
        }
        if let world {
            let told = Genesis(identity: GenesisIdentity(name: schema.name, number: world.number), seed: world.seed)
            if told.lineage == header.lineage { genesis = told }
        }
        incarnation = max(incarnation, header.incarnation)
        addCode(header.codeID)
        images.append(Image(tick: tick, codeID: header.codeID, incarnation: header.incarnation, schemaHash: schema.hash))
    }

    private mutating func readGenesis(_ storage: any JournalStorage) throws(JournalError) {
        let fromImages = genesis
        let isThere = try storage.list(.world).contains(JournalNames.genesis.name)
        do throws(JournalError) {
            if isThere {
                genesis = try Genesis(decoding: try storage.read(JournalNames.genesis))
            } else if try !Journal.numbers(storage).isEmpty || !images.isEmpty {
                findings.append(JournalError(.corrupt, "the file is missing", path: JournalNames.genesis))
            }
        } catch  where error.code == .corrupt || error.code == .newerFormat {
            findings.append(error)
        }
        identity = genesis?.identity
        guard let genesis else { return }
        if !isThere || fromImages != nil && fromImages != genesis && findings.contains(where: { $0.path == JournalNames.genesis }) {
            remarks.append("an image tells what the genesis held: it can be written again")
        }
        let foreign = fromImages.map { $0.lineage != genesis.lineage } ?? false
        if foreign {
            findings.append(JournalError(.otherWorld, "the images in this folder belong to another world", path: JournalNames.genesis))
            images = []
        }
    }

    mutating func addCode(_ code: String) { if !code.isEmpty, !codeIDs.contains(code) { codeIDs.append(code) } }
}
