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

/// A record of the section `accounts`: account `u64` · avatar `u64` · name `text`, in the order of the table.
package struct AccountRecord: Equatable, Sendable {
    package static let format: UInt16 = 2

    package var account: AccountID
    package var avatar: Entity
    /// As it was when the account arrived last.
    package var name: String

    package init(account: AccountID, avatar: Entity, name: String) {
        self.account = account
        self.avatar = avatar
        self.name = name
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u64(account.raw)
        writer.entity(avatar)
        writer.shortText(name)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(
            account: AccountID(raw: try reader.u64()), avatar: try reader.entity(), name: try reader.shortText(limit: Identity.nameLimit))
    }
}

/// A record of the section `keys`: account `u64` · key 16 bytes · content `u64` · tick `u64` · stamp `u64` · result after its length `u16`, in the order
/// of application.
package struct KeyRecord: Equatable, Sendable {
    package static let format: UInt16 = 1
    /// Bytes of a result. Results are a few numbers; every place of the table has room for the longest one of its world.
    package static let resultLimit = 512
    /// Bytes before the result.
    package static let headBytes = 8 + IdempotencyKey.byteCount + 8 + 8 + 8 + 2

    package var account: AccountID
    package var key: IdempotencyKey
    /// A hash of the command's kind and payload.
    package var content: UInt64
    /// The tick that applied the command.
    package var tick: UInt64
    /// When it was applied, by the clock that the key's lifetime is measured with.
    package var stamp: UInt64
    /// The canonical row of the command's result.
    package var result: [UInt8]

    package init(account: AccountID, key: IdempotencyKey, content: UInt64, tick: UInt64, stamp: UInt64, result: [UInt8]) {
        self.account = account
        self.key = key
        self.content = content
        self.tick = tick
        self.stamp = stamp
        self.result = result
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u64(account.raw)
        key.encode(to: &writer)
        writer.u64(content)
        writer.u64(tick)
        writer.u64(stamp)
        writer.u16(UInt16(result.count))
        writer.bytes(result)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        account = AccountID(raw: try reader.u64())
        key = try IdempotencyKey(reading: &reader)
        (content, tick, stamp) = (try reader.u64(), try reader.u64(), try reader.u64())
        let start = reader.offset
        let count = Int(try reader.u16())
        guard count <= Self.resultLimit else { throw DecodeError(.overLimit(length: count, limit: Self.resultLimit), at: start) }
        result = Array(try reader.bytes(count))
    }
}

/// A record of the section `presences`: session `u64` · account `u64` · avatar `u64`, in ascending order of sessions.
package struct PresenceRecord: Equatable, Sendable {
    package static let format: UInt16 = 2

    package var session: UInt64
    package var account: AccountID
    package var avatar: Entity

    package init(session: UInt64, account: AccountID, avatar: Entity) {
        self.session = session
        self.account = account
        self.avatar = avatar
    }

    package func encode(to writer: inout ByteWriter) {
        writer.u64(session)
        writer.u64(account.raw)
        writer.entity(avatar)
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(session: try reader.u64(), account: AccountID(raw: try reader.u64()), avatar: try reader.entity())
    }
}
