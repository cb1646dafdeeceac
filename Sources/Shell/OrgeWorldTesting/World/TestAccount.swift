import OrgeLink
public import OrgeSchema
public import OrgeWorld
import Testing

/// An account of a tested world, as its client sees it: it sends commands and intents, and gets outcomes and events.
/// ``TestWorld/join(_:sourceLocation:)-(String,_)`` makes one.
public final class TestAccount {
    /// As the world's `arrive` gets it: a guest of this name, unless another identity joined.
    public let identity: Identity
    /// Of this account; `none` until the world has let it in. It is kept when the account leaves.
    public private(set) var avatar = Entity.none
    let index: Int
    unowned let world: TestWorld
    /// Of the present connection; a number that is never used twice.
    private(set) var attachment: UInt64 = 0
    private(set) var session: UInt64?
    private var nextSequence: UInt64 = 1
    private var intentNumber: UInt32 = 0
    private var waiting: [(sequence: UInt64, command: AwaitedCommand)] = []
    private(set) var joinRefusal: Refusal?
    private var isEnding = false
    /// A join waits for its answer.
    private var isJoining = false

    /// Ticks in which an account that leaves is gone: its commands run first, and each tick takes some thousand.
    private static let endingTickLimit = 16

    init(_ identity: Identity, index: Int, in world: TestWorld) {
        self.identity = identity
        self.index = index
        self.world = world
    }

    /// The name of its identity.
    public var name: String { identity.name }

    /// Whether it has joined, and has neither left nor lost its connection since.
    public var isInWorld: Bool { session != nil && !isEnding }

    /// A row of its avatar; nil when the avatar is gone or has none.
    /// - Precondition: the component is among the world's parts.
    public func row<C: Component>(_: C.Type = C.self) -> C? { world.row(of: avatar, C.self) }

    /// The events of a kind that the last tick emitted for this account: for all, for its avatar, or within a disc in which its avatar is.
    public func events<E: Event>(_: E.Type = E.self) -> [E] { isInWorld ? world.events { isIn($0) } : [] }

    private func isIn(_ audience: EventAudience) -> Bool {
        switch audience {
        case .all: true
        case .avatar(let entity): entity == avatar
        case .disc(let x, let y, let radius): world.host.views.reaches(avatar, near: x, y, radius: radius)
        }
    }

    /// What its client sees after the last tick, by the server's own rules: by visibility, owner and sight. Nothing while the account is not in the world.
    ///
    /// What comes into view at the inner radius stays in it to the outer one, as for a client that reads every update at once. What
    /// ``TestWorld/change(_:)`` changes is seen after the next tick.
    public var view: AccountView { AccountView(isInWorld ? world.host.views.rows(attachment) : [], world.schema) }

    /// The client's connection is lost, with the next tick, or the one after it where commands of the account wait: its intents are cleared, and the avatar
    /// lingers for 5 s, in which the account may join again.
    public func disconnect() { world.perform(.disconnect(index)) }

    /// The account leaves on purpose, with the next tick, or the one after it where commands of the account wait: its avatar departs.
    public func leave() { world.perform(.leave(index)) }
}

// MARK: what is sent

extension TestAccount {
    func sendJoin() {
        guard session == nil, !isJoining else { return }
        isJoining = true
        world.attachmentCount += 1
        attachment = world.attachmentCount
        joinRefusal = nil
        isEnding = false
        world.host.join(attachment, identity)
    }

    /// Runs ticks until an account that leaves is gone.
    func awaitEnd() {
        for _ in 0..<Self.endingTickLimit where isEnding { world.perform(.tick) }
    }

    func sendEnd(isOnPurpose: Bool) {
        guard isInWorld else { return }
        isEnding = true
        if isOnPurpose { world.host.leave(attachment) } else { world.host.disconnect(attachment) }
    }

    /// - Returns: what will have its outcome; nil when the account is not in the world.
    func sendCommand(_ kind: UInt16, _ row: ScriptRow, _ key: IdempotencyKey?) -> AwaitedCommand? {
        guard isInWorld, let session, let command = world.schema.command(kind) else { return nil }
        let values = row.resolved { world.accounts[$0].avatar }
        world.host.command(session, nextSequence, kind, command.row.encoded(values), key)
        let pending = AwaitedCommand("\(name) \(command.name)\(command.row.typed(values).printable)")
        waiting.append((nextSequence, pending))
        nextSequence += 1
        return pending
    }

    func sendIntent(_ kind: UInt16, _ row: ScriptRow) {
        guard isInWorld, let session, let intent = world.schema.intent(kind), let component = world.schema.component(intent.component) else { return }
        intentNumber += 1
        world.host.intent(session, intentNumber, kind, component.row.encoded(row.resolved { world.accounts[$0].avatar }))
    }
}

// MARK: what is received

extension TestAccount {
    func handle(_ answer: JoinAnswer) {
        isJoining = false
        switch answer {
        case .joined(let session, let avatar, let next, _):
            self.session = session
            self.avatar = avatar
            nextSequence = next
        case .refused(let reason, let code, let text, _):
            // The host's own reasons have no code.
            let own: Refusal.Code = reason == .accountInUse ? .accountInUse : .full
            joinRefusal = Refusal(reason == .refused ? Refusal.Code(rawValue: code) : own, text)
        }
    }

    /// A command that has no outcome yet, as a person would type it.
    func typedCommand(_ sequence: UInt64) -> String? { waiting.first { $0.sequence == sequence }?.command.typed }

    func handle(_ sequence: UInt64, _ bytes: [UInt8], _ tick: UInt64) {
        guard let place = waiting.firstIndex(where: { $0.sequence == sequence }), let session else { return }
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            waiting[place].command.answer(try Outcome(reading: &reader), in: tick)
        } catch {
            preconditionFailure("an outcome of the world itself: \(error)")
        }
        waiting.remove(at: place)
        world.host.acknowledge(session, sequence)
    }

    func handleEnd() {
        session = nil
        waiting = []
        isEnding = false
    }
}
