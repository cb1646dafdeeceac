package import OrgeImage
internal import OrgeSchema

/// Reads a ``FrozenWorld`` page by page and writes it to an image. One thread uses it; the world's own thread may run ticks meanwhile.
package struct WorldImageReading: ~Copyable {
    private let world: FrozenWorld
    private let buffer: PageBuffer
    /// The section that is being written, by index, and the next of its items.
    private var section = 0
    private var item = 0
    /// The first page of the queue of free slots, in which the ring may also end.
    private var firstQueuePage: [UInt32] = []

    package init(_ world: FrozenWorld) {
        self.world = world
        buffer = PageBuffer(byteCount: world.state.pageBytes)
    }

    deinit { buffer.free() }

    /// Writes at most one page, or the end of a section.
    package mutating func step<Sink: ImageSink & ~Copyable>(_ writer: inout ImageWriter<Sink>) throws(Sink.Failure) -> ImageStep {
        guard section < world.sections.count else { return .end }
        let (entry, hash) = (world.sections[section].entry, world.sections[section].hash)
        guard item < itemCount(entry.section) else {
            if item == 0 { try writer.section(entry.description) }
            try writer.endSection(hash: hash)
            section += 1
            item = 0
            return .more
        }
        if item == 0, !hasBegun {
            try writer.section(entry.description)
            hasBegun = true
        }
        let step = try write(item, of: entry.section, to: &writer)
        if step == .more {
            item += 1
            hasBegun = false
        }
        return step
    }

    /// The open section has been written, and its first item has not.
    private var hasBegun = false

    private func itemCount(_ section: StateSection) -> Int {
        switch section {
        case .world, .presences: 1
        case .entities: 1 + world.state.entities.slotPageCount + world.state.entities.queueParts.count
        case .accounts: world.state.accounts.pageCount
        case .keys: world.state.keys.queue.count
        case .rows(let id): world.state.columns[id].pages.pageCount
        }
    }

    private mutating func write<Sink: ImageSink & ~Copyable>(
        _ item: Int, of section: StateSection, to writer: inout ImageWriter<Sink>
    ) throws(Sink.Failure) -> ImageStep {
        switch section {
        case .world: try writer.record { world.record.encode(to: &$0) }
        case .entities: return try writeEntities(item, to: &writer)
        case .accounts:
            if let stop = read(item, of: world.state.accounts.pages) { return stop }
            try writeAccounts(item, to: &writer)
        case .keys:
            let keys = world.state.keys
            if let stop = read(Int(keys.queue[item]), of: keys.pages) { return stop }
            for record in keys.records(item, buffer) { try writer.record { record.encode(to: &$0) } }
        case .rows(let id):
            let column = world.state.columns[id]
            if let stop = read(item, of: column.pages) { return stop }
            if column.hasRows(buffer) { try writer.record { column.encode(item, buffer, to: &$0) } }
        case .presences:
            for (session, presence) in world.presences {
                let record = PresenceRecord(session: session, account: presence.account, avatar: presence.avatar)
                try writer.record { record.encode(to: &$0) }
            }
        }
        return .more
    }

    private func writeAccounts<Sink: ImageSink & ~Copyable>(_ page: Int, to writer: inout ImageWriter<Sink>) throws(Sink.Failure) {
        for index in 0..<world.state.accounts.entryCount(page) {
            try writer.record { world.state.accounts.record(index, buffer).encode(to: &$0) }
        }
    }

    private mutating func writeEntities<Sink: ImageSink & ~Copyable>(
        _ item: Int, to writer: inout ImageWriter<Sink>
    ) throws(Sink.Failure) -> ImageStep {
        let table = world.state.entities
        let record: EntityRecord
        if item == 0 {
            record = .head(slots: table.slotCount, freed: table.freedCount, reused: table.reusedCount)
        } else if item <= table.slotPageCount {
            if let stop = read(item - 1, of: table.slots) { return stop }
            record = .slots(table.slots(item - 1, buffer))
        } else {
            let parts = table.queueParts
            let part = parts[item - 1 - table.slotPageCount]
            let isFirst = item == 1 + table.slotPageCount
            if !isFirst, part.page == parts[0].page {
                record = .free(Array(firstQueuePage[part.entries]))
            } else {
                if let stop = read(part.page, of: table.queue) { return stop }
                if isFirst { firstQueuePage = table.entries(buffer, 0..<EntityTable.slotsPerPage) }
                record = .free(table.entries(buffer, part.entries))
            }
        }
        try writer.record { record.encode(to: &$0) }
        return .more
    }

    /// Reads a page into the buffer.
    /// - Returns: why it could not be read.
    private func read(_ page: Int, of pages: FrozenPages) -> ImageStep? {
        switch pages.read(page, into: buffer) {
        case .read: nil
        case .busy: .busy
        case .lost: .lost
        }
    }
}
