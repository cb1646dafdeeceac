package import OrgeImage
internal import OrgeSchema

/// Restores an engine from the sections of an image, which may be of an earlier schema.
package final class WorldDecoder: SectionDecoder {
    private let make: (WorldRecord) -> WorldEngine
    private let expected: ContiguousArray<SectionEntry>
    private var isSeen: [Bool]
    /// Nil: the image is of the world's own schema.
    private let migration: MigrationPlan?
    /// The component whose rows are being migrated.
    private var migrated: MigrationPlan.Component?
    /// Components of the image that have not come.
    private var awaited: [String]
    private var broken = BrokenRows()
    /// Made when the section `world` has told number and seed.
    private var engine: WorldEngine?
    /// The index of the section that is being decoded.
    private var current = 0
    private var entities: EntityTableDecoder?
    /// The last page of rows, or the last session: records come in ascending order.
    private var last: UInt64?

    /// - Parameters:
    ///   - migration: from the image's schema; nil where that is the world's own.
    ///   - flight: the recorder that the engine writes; nil for one of its own.
    /// - Precondition: a migration has no gaps.
    package init<W: World>(_ world: W.Type, migration: StateMigration? = nil, flight: FlightSlot? = nil) {
        precondition(migration?.summary.gaps.isEmpty ?? true, "a migration with gaps is carried out")
        make = { WorldEngine(unstarted: world, number: $0.number, seed: $0.seed, flight: flight) }
        expected = SectionEntry.all(WorldEngine.schema(of: world))
        self.migration = migration?.plan
        awaited = migration?.plan.components.map(\.name) ?? []
        isSeen = expected.map { entry in migration != nil && entry.description.component != nil }
    }

    package func begin(_ section: ImageSection) throws(ImageError) -> Bool {
        migrated = nil
        if let migration, let name = section.component {
            guard let component = migration.component(named: name) else { return false }
            awaited.removeAll { $0 == name }
            if !component.isUnchanged { return try begin(section, component) }
        }
        guard let index = expected.firstIndex(where: { $0.description.name == section.name }) else { return false }
        let entry = expected[index]
        guard section.format == entry.description.format else {
            throw ImageError(.otherLayout, "format \(section.format), this program reads \(entry.description.format)", section: section.name)
        }
        if let difference = entry.description.layout.difference(from: section.layout) {
            throw ImageError(.otherLayout, difference + "; start the executable that wrote the image", section: section.name)
        }
        guard entry.section == .world || engine != nil else {
            throw ImageError(.damaged, "the section world has to come first", section: section.name)
        }
        current = index
        last = nil
        if entry.section == .entities { entities = engine.map { EntityTableDecoder(limit: $0.core.state.entities.limit) } }
        return true
    }

    /// Starts the rows of an earlier component.
    private func begin(_ section: ImageSection, _ component: MigrationPlan.Component) throws(ImageError) -> Bool {
        guard section.format == RowPage.format else {
            throw ImageError(.otherLayout, "format \(section.format), this program reads \(RowPage.format)", section: section.name)
        }
        if let difference = component.row.difference(from: section.layout) {
            throw ImageError(.damaged, "its rows are not those of the image's schema: \(difference)", section: section.name)
        }
        guard engine != nil else { throw ImageError(.damaged, "the section world has to come first", section: section.name) }
        engine?.flight.prepare(.migration)
        migrated = component
        last = nil
        return true
    }

    package func decode(_ reader: inout ByteReader) throws(DecodeError) {
        if let migrated {
            guard let engine else { preconditionFailure("sections after the first have an engine") }
            return try ascend(try engine.core.state.decodePage(migrated, &reader, &broken), &reader)
        }
        let section = expected[current].section
        if section == .world {
            let record = try WorldRecord(reading: &reader)
            guard engine == nil else { throw DecodeError(.inconsistent("a second record of the world"), at: reader.offset) }
            engine = make(record)
            engine?.core.state.tick = record.tick
            return
        }
        guard let engine else { preconditionFailure("sections after the first have an engine") }
        switch section {
        case .world: preconditionFailure("decoded above")
        case .entities: try entities?.decode(&reader)
        case .accounts:
            let record = try AccountRecord(reading: &reader)
            guard engine.core.state.accounts.hasRoom(for: record.account) else {
                throw DecodeError(.inconsistent("more accounts than the world has room for"), at: reader.offset)
            }
            engine.core.state.setAccount(record)
        case .keys:
            var record = try KeyRecord(reading: &reader)
            if migration?.dropsResults == true { record.result = [] }
            try engine.restore(record, at: reader.offset)
        case .rows(let id): try ascend(try engine.core.state.decodePage(id, &reader), &reader)
        case .presences:
            let record = try PresenceRecord(reading: &reader)
            try ascend(record.session, &reader)
            engine.setPresence(record.session, .init(account: record.account, avatar: record.avatar))
        }
    }

    private func ascend(_ number: UInt64, _ reader: inout ByteReader) throws(DecodeError) {
        if let last, number <= last { throw DecodeError(.inconsistent("\(number) after \(last)"), at: reader.offset) }
        last = number
    }

    package func end() throws(DecodeError) -> UInt64? {
        if migrated != nil {
            engine?.flight.leave(to: .idle)
            engine?.core.state.settleChanges()
            return nil
        }
        guard let engine else { throw DecodeError(.inconsistent("a section without its record"), at: 0) }
        let entry = expected[current]
        switch entry.section {
        case .entities:
            try entities?.finish(&engine.core.state.entities)
            entities = nil
        case .rows: engine.core.state.settleChanges()
        case .world, .accounts, .keys, .presences: break
        }
        isSeen[current] = true
        if entry.section == .keys, migration?.dropsResults == true { return nil }
        return engine.hash(entry)
    }

    package var missing: String? {
        isSeen.firstIndex(of: false).map { expected[$0].description.name } ?? awaited.first.map { "rows of \($0)" }
    }

    /// The engine, when all sections are restored.
    /// - Throws: `otherHash` when the sections do not lead to the trailer's hash of the world; `damaged` when they contradict each other or the header;
    ///   `notMigrated` when rows break rules of the present code, or a step over the world refuses.
    package func finish(_ trailer: ImageTrailer, _ header: ImageHeader) throws(ImageError) -> WorldEngine {
        guard let engine, missing == nil else { preconditionFailure("a decoder finishes when it misses nothing") }
        if let migration {
            if let why = broken.description { throw ImageError(.notMigrated, why) }
            try engine.run(migration.steps)
        } else if engine.stateHash != trailer.worldHash {
            throw ImageError(.otherHash, "the sections do not lead to the world's hash")
        }
        guard engine.tick == header.tick else {
            throw ImageError(.damaged, "the header is of tick \(header.tick), the world of tick \(engine.tick)", section: "world")
        }
        if let contradiction = engine.contradiction { throw ImageError(.damaged, contradiction, section: "world") }
        return engine
    }
}

extension RowLayout {
    /// How another layout's rows differ from this one's; nil when rows of one are rows of the other. Rules do not matter.
    func difference(from other: RowLayout) -> String? {
        for (mine, its) in zip(fields, other.fields) {
            if mine.name != its.name { return "the image has the field \(its.name) in the place of \(mine.name)" }
            if mine.kind != its.kind { return "the field \(mine.name) is of another type in the image" }
        }
        guard fields.count != other.fields.count else { return nil }
        return "the image has \(other.fields.count) fields, the program \(fields.count)"
    }
}
