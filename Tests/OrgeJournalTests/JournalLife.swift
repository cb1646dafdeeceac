import OrgeImage
import OrgeSchema
import OrgeSimulatedDisk
import Testing

@testable import OrgeJournal

/// Drives a journal on a simulated disk and keeps account of what was promised.
final class JournalLife {
    let storage: SimulatedStorage
    var random: RandomSource
    let settings: JournalSettings
    /// Entries that were reported durable: they must all be there.
    private(set) var promised: [JournalEntry] = []
    /// Entries handed over after them and never reported as durable: any prefix of them may be there.
    private(set) var offered: [JournalEntry] = []
    private(set) var imageTick: UInt64 = 0
    private(set) var incarnation: UInt64 = 0
    /// How often there was no room for what was offered.
    private(set) var shortages = 0
    /// Disk errors that were lived on from, in new segments.
    private(set) var renewals = 0
    /// Attempts that may fail, of each renewal.
    private let renewalAttempts: Int
    /// The image that is being written, between steps that append to the log: its writer, then its whole file, then its tick until it is adopted.
    private var image: (tick: UInt64, body: [UInt8]) = (0, [])
    private var imageWriter: ImageWriter<ImageFile>?
    private var imageFile: ImageFile?
    private var published: UInt64?
    /// What images have made unneeded, removed file by file between the other steps.
    private var removal: FileRemoval?

    init(seed: UInt64, keepsHistory: Bool, renewalAttempts: Int = 0) {
        self.renewalAttempts = renewalAttempts
        storage = SimulatedStorage(seed: seed)
        random = RandomSource(seed: seed)
        settings = smallSegments(keepsHistory: keepsHistory)
    }

    /// Opens the journal, compares it with the account, and works until something fails or `steps` are done.
    func live(steps: Int) throws(JournalError) {
        let recovered = try storage.openMeadow(settings: settings)
        let found = try check(recovered)
        var writer = try recovered.startWriting(codeID: "code-1")
        // Only now: what was read before may have been in the page cache alone.
        promised = found
        offered = []
        #expect(writer.incarnation > incarnation, "an incarnation was given twice")
        incarnation = writer.incarnation
        imageWriter = nil
        imageFile = nil
        published = nil
        removal = nil
        for _ in 0..<steps { try step(&writer) }
    }

    private func step(_ writer: inout JournalWriter) throws(JournalError) {
        if random.chance(2, outOf: 5) { return try stepImage(&writer) }
        offered = random.entries(random.within(1...4), after: writer.durableThrough, bodyLimit: random.chance(1, outOf: 8) ? 3000 : 300)
        try append(&writer)
    }

    /// Appends what is offered; on a full disk, in two attempts of three after room was made.
    private func append(_ writer: inout JournalWriter) throws(JournalError) {
        switch try appendOrRenew(&writer) {
        case .durable(let through):
            promised += offered
            offered = []
            #expect(through == lastTick(promised))
        case .noRoom(let first, _, let why):
            promised += offered[..<first]
            offered.removeFirst(first)
            #expect(why.code == .full && !offered.isEmpty && writer.durableThrough == lastTick(promised) && writer.failure == nil)
            shortages += 1
            guard random.chance(2, outOf: 3) else { throw why }
            if random.chance(1, outOf: 2) { storage.makeRoom(random.within(0...4_000)) }
            try append(&writer)
        }
    }

    /// After a disk error goes on in a new segment, as often as this life tries it.
    private func appendOrRenew(_ writer: inout JournalWriter) throws(JournalError) -> AppendResult {
        do throws(JournalError) { return try writer.append(offered) } catch {
            guard renewalAttempts > 0, !storage.isDown else { throw error }
            promised += offered[..<writer.appendedCount]
            offered.removeFirst(writer.appendedCount)
            try renew(&writer)
            return .durable(through: writer.durableThrough)
        }
    }

    private func renew(_ writer: inout JournalWriter) throws(JournalError) {
        for attempt in 1... {
            do throws(JournalError) {
                let (count, damage) = try writer.renew(with: offered)
                #expect(damage == nil && count > 0 && writer.failure == nil)
                renewals += 1
                promised += offered[..<count]
                offered.removeFirst(count)
                if !offered.isEmpty { try append(&writer) }
                return
            } catch {
                guard attempt < renewalAttempts, !storage.isDown, writer.failure != nil else { throw error }
            }
        }
    }

    private func stepImage(_ writer: inout JournalWriter) throws(JournalError) {
        if try removal?.step(in: storage) ?? false { return }
        removal = nil
        if let tick = published.take() {
            removal = try writer.adoptImage(tick: tick)
        } else if let file = imageFile.take() {
            try file.publish()
            imageTick = image.tick
            published = image.tick
        } else if var whole = imageWriter.take() {
            try whole.record { $0.bytes(image.body) }
            try whole.endSection(hash: 0)
            imageFile = try whole.finish(worldHash: 0, hostHash: 0)
        } else {
            image = (writer.durableThrough, state(after: writer.durableThrough))
            let schema = WorldSchema(name: "meadow", version: 1, tickMicroseconds: 0)
            var begun = try ImageWriter(writer.imageHeader(tick: image.tick), schema: schema, to: try writer.imageFile(tick: image.tick))
            try begun.section(ImageSection("body", format: 1))
            imageWriter = consume begun
        }
    }

    /// Everything promised is there, in order, and nothing that was never handed over; and reading only the tail gives what reading all of it gives.
    ///
    /// An image or an incarnation that is seen here without having been reported may be gone again after the next power cut.
    /// - Returns: everything that the log holds or once held.
    private func check(_ recovered: RecoveredJournal) throws(JournalError) -> [JournalEntry] {
        #expect(recovered.incarnation >= incarnation, "an incarnation that was given is forgotten")
        let tick = recovered.image?.tick ?? 0
        #expect(tick >= imageTick, "an image that was reported written is not there")
        let whole = try Journal.inspect(storage.copy())
        try expectSame(recovered, whole)
        let kept = try whole.records().all().entries
        let everything = promised + offered
        let end = (promised.count...everything.count).first { end in end >= kept.count && everything[(end - kept.count)..<end] == kept[...] }
        guard let end else {
            Issue.record("the log is not what was written: \(kept.map(\.tick)) of \(promised.map(\.tick)) and perhaps \(offered.map(\.tick))")
            return promised
        }
        if settings.keepsHistory { #expect(kept.count >= promised.count, "durable records are missing") }
        let found = Array(everything[..<end])
        #expect(recovered.lastTick == lastTick(found))
        let tail = try recovered.tail().all().entries
        #expect(tail == found.filter { $0.tick > tick }, "image and tail do not give the whole history")
        if let image = whole.image { #expect((try? image.body()) == state(after: tick), "the image is not the state after its tick") }
        return found
    }

    private func lastTick(_ entries: [JournalEntry]) -> UInt64 { entries.last { $0.kind == .tick }?.tick ?? 0 }

    /// Stands for a world's state: depends on every tick up to this one.
    private func state(after tick: UInt64) -> [UInt8] {
        var hash: UInt64 = 0
        for entry in promised + offered where entry.kind == .tick && entry.tick <= tick { hash = fold64(hash, UInt64(CRC32C.checksum(entry.body))) }
        var writer = ByteWriter()
        writer.u64(hash)
        writer.bytes(repeatElement(UInt8(truncatingIfNeeded: hash), count: Int(hash % 2000)))
        return writer.take()
    }
}
