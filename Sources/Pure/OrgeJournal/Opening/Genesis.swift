internal import OrgeSchema

/// What a world's data must agree with before anything else of it is believed.
package struct GenesisIdentity: Equatable, Sendable {
    /// At most ``JournalLimits/worldNameBytes`` of UTF-8.
    package var name: String
    /// The world's number in its universe: 14 bits, the top of every entity's id.
    package var number: UInt16

    package init(name: String, number: UInt16) {
        self.name = name
        self.number = number
    }
}

/// The first file of a world: written once, before its first segment, and never changed.
package struct Genesis: Equatable, Sendable {
    package var identity: GenesisIdentity
    /// Drawn once, when the world is created. Secret: a client that knew it could predict random draws.
    package var seed: UInt64

    package init(identity: GenesisIdentity, seed: UInt64) {
        self.identity = identity
        self.seed = seed
    }

    /// Names this world's files among other worlds' files.
    package var lineage: UInt64 { mix64(mix64(seed &+ 0x9e37_79b9_7f4a_7c15) ^ UInt64(identity.number)) }

    /// What the checksums of headers in a segment start from. No client knows the seed, so no command can carry bytes that the scan of a
    /// damaged segment would take for a record.
    func key(segment number: UInt64) -> SegmentKey { SegmentKey(salt: mix64(seed ^ mix64(number &+ 0x9e37_79b9_7f4a_7c15))) }
}

/// Ties the headers in a segment to their places.
struct SegmentKey: Equatable, Sendable {
    var salt: UInt64

    /// The register from which the checksum of a header at this place begins.
    func register(at position: Int) -> UInt32 { UInt32(truncatingIfNeeded: mix64(salt &+ UInt64(position))) }
}

extension Genesis {
    static let magic: [UInt8] = Array("ORGEGENE".utf8)
    static let format: UInt16 = 2
    /// Magic, format, number, checksum, seed, the name's length; then the name.
    static let fixedBytes = 26

    /// - Precondition: the name is within its limit, the number has 14 bits.
    func encoded() -> [UInt8] {
        precondition(identity.name.utf8.count <= JournalLimits.worldNameBytes, "a world's name of more than \(JournalLimits.worldNameBytes) bytes")
        precondition(identity.number < 1 << 14, "a world's number has 14 bits")
        var writer = ByteWriter(capacity: Self.fixedBytes + identity.name.utf8.count)
        writer.bytes(Self.magic)
        writer.u16(Self.format)
        writer.u16(identity.number)
        writer.u32(0)
        writer.u64(seed)
        writer.shortText(identity.name)
        writer.patchU32(at: 12, CRC32C.checksum(writer.bytes))
        return writer.take()
    }

    /// - Throws: `corrupt`, `newerFormat`.
    init(decoding bytes: [UInt8]) throws(JournalError) {
        do throws(DecodeError) {
            var reader = ByteReader(bytes)
            let magic = try reader.bytes(8)
            let format = try reader.u16()
            guard magic.elementsEqual(Self.magic) else { throw DecodeError(.inconsistent("not a genesis file"), at: 0) }
            guard format == Self.format else { throw JournalFormat.unknown(format, at: 8) }
            let number = try reader.u16()
            let checksum = try reader.u32()
            self.identity = GenesisIdentity(name: "", number: number)
            self.seed = try reader.u64()
            identity.name = try reader.shortText(limit: JournalLimits.worldNameBytes)
            try reader.expectEnd()
            guard checksum == CRC32C.checksum(bytes, skipping: 12) else { throw DecodeError(.inconsistent("wrong checksum"), at: 12) }
        } catch {
            throw JournalFormat.error(error, in: JournalNames.genesis)
        }
    }
}

extension JournalStorage {
    /// Writes a world's genesis, durably.
    /// - Throws: also `fenced`, when another host has made one meanwhile.
    func establish(_ genesis: Genesis) throws(JournalError) {
        let bytes = genesis.encoded()
        close(try establish(JournalNames.genesis, with: [bytes], size: bytes.count))
    }
}

/// What the decoders of the journal's files have in common.
enum JournalFormat {
    static func unknown(_ format: UInt16, at offset: Int) -> DecodeError { DecodeError(.unknown(what: "format", value: UInt64(format)), at: offset) }

    /// Damage in a file that was durable, or a format from later than this code.
    static func error(_ error: DecodeError, in path: StoragePath) -> JournalError {
        if case .unknown = error.code {
            return JournalError(.newerFormat, "\(error); start the version of Orge that wrote it, or a newer one", path: path, offset: error.offset)
        }
        return JournalError(.corrupt, "\(error); restore this file from a backup", path: path, offset: error.offset)
    }
}
