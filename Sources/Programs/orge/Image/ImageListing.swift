import OrgeImage
import OrgeSchema

/// Prints an image item by item, as text or as JSON lines. It knows the world from the image alone.
struct ImageListing {
    private let json: Bool
    private var section = ImageSection("", format: 0)
    /// Of the section that is being listed.
    private var records = 0
    private var recordBytes = 0
    private var rows = 0
    /// Of the sections `world` and `entities`: with them a slot is an entity.
    private var world: UInt16 = 0
    private var slots: [UInt32] = []

    init(json: Bool) { self.json = json }

    func begin(_ header: ImageHeader, _ schema: WorldSchema) {
        if json {
            emit(
                "image",
                [
                    ("format", .integer(Int(ImageHeader.format))), ("world", .string(schema.name)), ("version", .integer(Int(schema.version))),
                    ("schema", .hexadecimal(schema.hash)), ("tick", .count(header.tick)), ("incarnation", .count(header.incarnation)),
                    ("code", .string(header.codeID)), ("lineage", .hexadecimal(header.lineage)),
                ])
        } else {
            say("image of \(schema.name) version \(schema.version) after tick \(header.tick)")
            say("format \(ImageHeader.format), schema \(schema.hash.hexadecimal), code \(header.codeID), incarnation \(header.incarnation)")
        }
    }

    mutating func add(_ item: ImageItem) throws(ImageError) {
        switch item {
        case .section(let section): begin(section)
        case .records(let bytes):
            recordBytes += bytes.count
            do throws(DecodeError) { try list(bytes) } catch { throw ImageError(.damaged, "\(error) of a chunk", section: section.name) }
        case .sectionEnd(let hash): end(hash)
        case .trailer(let trailer): end(trailer)
        }
    }

    private mutating func begin(_ section: ImageSection) {
        self.section = section
        (records, recordBytes, rows) = (0, 0, 0)
        let fields = section.layout.fields
        if json {
            let fields = fields.map { JSONValue.object([("name", .string($0.name)), ("kind", .string($0.kindText))]) }
            emit("section", [("name", .string(section.name)), ("format", .integer(Int(section.format))), ("fields", .array(fields))])
        } else {
            let layout = fields.map { "\($0.name): \($0.kindText)" }.joined(separator: ", ")
            say("\nsection \(section.name), format \(section.format)\(layout.isEmpty ? "" : " (\(layout))")")
        }
    }

    private mutating func list(_ bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            switch section.name {
            case "world": list(try WorldRecord(reading: &reader))
            case "entities":
                list(try EntityRecord(reading: &reader))
                guard slots.count <= Entity.slotLimit else { throw DecodeError(.overLimit(length: slots.count, limit: Entity.slotLimit), at: 0) }
            case "accounts": list(try AccountRecord(reading: &reader))
            case "presences": list(try PresenceRecord(reading: &reader))
            case _ where section.component != nil: try listPage(&reader)
            default: return
            }
            records += 1
        }
    }

    /// The seed is left out: a client that knew it could predict draws.
    private mutating func list(_ record: WorldRecord) {
        world = record.number
        if !json { say("  number \(record.number), tick \(record.tick)") }
    }

    private mutating func list(_ record: EntityRecord) {
        switch record {
        case .head(let count, _, _): slots.reserveCapacity(min(count, Entity.slotLimit))
        case .slots(let block): slots += block
        case .free: break
        }
    }

    private func list(_ record: AccountRecord) {
        guard json else { return say("  \(record.account) \(record.name) avatar=\(record.avatar)") }
        let account = JSONValue.string(record.account.description)
        emit("account", [("account", account), ("name", .string(record.name)), ("avatar", .string(record.avatar.description))])
    }

    private func list(_ record: PresenceRecord) {
        guard json else { return say("  session \(record.session): \(record.account) avatar=\(record.avatar)") }
        let account = JSONValue.string(record.account.description)
        emit("presence", [("session", .count(record.session)), ("account", account), ("avatar", .string(record.avatar.description))])
    }

    private mutating func listPage(_ reader: inout ByteReader) throws(DecodeError) {
        let page = try RowPage(reading: &reader)
        for slot in page.slots {
            guard slot < slots.count, let entity = entity(slot) else {
                throw DecodeError(.inconsistent("a row in slot \(slot), which no entity has"), at: reader.offset)
            }
            let start = reader.offset
            try section.layout.validate(&reader)
            guard let values = NamedValues(section.layout, reader.bytes[start..<reader.offset]) else {
                preconditionFailure("a row that was validated does not decode")
            }
            rows += 1
            if json {
                emit("row", [("component", .string(section.component ?? "")), ("entity", .string(entity.description)), ("fields", values.json)])
            } else {
                say("  \(entity)\(values.text)")
            }
        }
    }

    private func entity(_ slot: Int) -> Entity? {
        guard slots[slot] & EntityRecord.aliveBit != 0 else { return nil }
        return Entity(world: world, generation: slots[slot] & 0xff_ffff, slot: UInt32(slot))
    }

    private func end(_ hash: UInt64) {
        if json {
            emit(
                "sectionEnd",
                [
                    ("name", .string(section.name)), ("bytes", .integer(recordBytes)), ("rows", section.component == nil ? .null : .integer(rows)),
                    ("hash", .hexadecimal(hash)),
                ])
        } else {
            let living = slots.count { $0 & EntityRecord.aliveBit != 0 }
            let count = section.component != nil ? "\(rows) rows, " : section.name == "entities" ? "\(living) living of \(slots.count) slots, " : ""
            say("  \(count)\(recordBytes) bytes, hash \(hash.hexadecimal)")
        }
    }

    private func end(_ trailer: ImageTrailer) {
        if json {
            emit(
                "trailer",
                [
                    ("sections", .integer(trailer.sections)), ("world_hash", .hexadecimal(trailer.worldHash)),
                    ("host_hash", .hexadecimal(trailer.hostHash)),
                ])
        } else {
            say("\n\(trailer.sections) sections, world hash \(trailer.worldHash.hexadecimal), host hash \(trailer.hostHash.hexadecimal)")
        }
    }

    private func emit(_ type: String, _ members: [(String, JSONValue)]) { print(JSONValue.object([("type", .string(type))] + members).text) }

    /// Text of a world may come from clients.
    private func say(_ line: String) {
        for part in line.split(separator: "\n", omittingEmptySubsequences: false) { print(String(part).printable) }
    }
}
