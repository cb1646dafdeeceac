package import OrgeSchema

/// The record of the section `world`: `u16` number · `u64` seed · `u64` tick.
package struct WorldRecord: Equatable, Sendable {
    package static let format: UInt16 = 1

    /// Of the world in its universe, 14 bits: part of its entities' ids.
    package var number: UInt16
    /// Secret: a client that knew it could predict draws.
    package var seed: UInt64
    package var tick: UInt64

    package init(number: UInt16, seed: UInt64, tick: UInt64) {
        self.number = number
        self.seed = seed
        self.tick = tick
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u16(number)
        writer.u64(seed)
        writer.u64(tick)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        self.init(number: try reader.u16(), seed: try reader.u64(), tick: try reader.u64())
        guard number < 1 << 14 else { throw DecodeError(.inconsistent("world number \(number)"), at: start) }
    }
}

/// A record of the section `accounts`: name `text` · avatar `u64`, in the order of the table.
package struct AccountRecord: Equatable, Sendable {
    package static let format: UInt16 = 1
    package static let nameLimit = 32

    package var name: String
    package var avatar: Entity

    package init(name: String, avatar: Entity) {
        self.name = name
        self.avatar = avatar
    }

    package func encode(to writer: inout ByteWriter) {
        writer.shortText(name)
        writer.entity(avatar)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(name: try reader.shortText(limit: Self.nameLimit), avatar: try reader.entity())
    }
}

/// A record of the section `presences`: session `u64` · account `text` · avatar `u64`, in ascending order of sessions.
package struct PresenceRecord: Equatable, Sendable {
    package static let format: UInt16 = 1

    package var session: UInt64
    package var account: AccountRecord

    package init(session: UInt64, account: AccountRecord) {
        self.session = session
        self.account = account
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u64(session)
        account.encode(to: &writer)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(session: try reader.u64(), account: try AccountRecord(reading: &reader))
    }
}
