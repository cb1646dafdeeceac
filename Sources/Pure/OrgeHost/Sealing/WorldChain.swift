import OrgeSchema

/// The world's chain: a hash of the history as world code sees it. It has no session, sequence, edge, code id, incarnation or lateness in it, and
/// the UTC reading only in a world that declares that it reads it. So equal runs through other edges and on other builds have equal world chains.
///
/// A tick that changes nothing and has no inputs is not folded: whether such a tick ran or was left out makes no difference to the world.
enum WorldChain {
    /// What world code is called with, or what it can see of the input. Values are part of the hash.
    enum Kind: UInt64 {
        case arrive = 1
        case detach, depart, command, intent, keyedCommand
    }

    /// The inputs of one tick, in order.
    struct Inputs {
        private(set) var hash: UInt64 = 0
        private(set) var count = 0

        mutating func arrive(_ identity: Identity) {
            let content = fold64(fold64(hash64(identity.name.utf8), identity.id.raw), UInt64(identity.roles.rawValue))
            add(.arrive, .none, 0, content)
        }

        /// The avatar's intents are cleared.
        mutating func detach(_ avatar: Entity) { add(.detach, avatar, 0, 0) }
        mutating func depart(_ avatar: Entity) { add(.depart, avatar, 0, 0) }
        mutating func command(_ avatar: Entity, _ kind: UInt16, _ payload: [UInt8]) { add(.command, avatar, kind, recordHash(payload)) }
        mutating func command(_ avatar: Entity, _ kind: UInt16, _ key: IdempotencyKey, _ payload: [UInt8]) {
            add(.keyedCommand, avatar, kind, fold64(fold64(recordHash(payload), key.high), key.low))
        }
        mutating func intent(_ avatar: Entity, _ kind: UInt16, _ payload: [UInt8]) { add(.intent, avatar, kind, recordHash(payload)) }

        private mutating func add(_ kind: Kind, _ avatar: Entity, _ number: UInt16, _ content: UInt64) {
            hash = fold64(fold64(fold64(hash, kind.rawValue << 16 | UInt64(number)), avatar.raw), content)
            count += 1
        }
    }

    /// The chain after a tick.
    /// - Parameters:
    ///   - utc: nil in a world that does not read it.
    ///   - before: the state hash before the tick; `after`: after it.
    static func advanced(_ chain: UInt64, tick: UInt64, utc: UInt64?, _ inputs: Inputs, before: UInt64, after: UInt64) -> UInt64 {
        guard inputs.count > 0 || before != after else { return chain }
        var hash = fold64(fold64(chain, tick), inputs.hash)
        if let utc { hash = fold64(hash, utc) }
        return mix64(fold64(hash, after))
    }
}
