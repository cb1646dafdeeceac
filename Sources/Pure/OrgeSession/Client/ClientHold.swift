internal import OrgeSchema
package import OrgeWire

/// What a client keeps of its session when a connection ends, to go on with it through the next one. It holds the ticket: never print one.
package struct ClientHold: Sendable {
    package let world: String
    let number: UInt64
    let ticket: Ticket
    /// The last one that the server has named.
    var incarnation: UInt32
    var progress: ClientProgress

    init(world: String, number: UInt64, ticket: Ticket, incarnation: UInt32, progress: ClientProgress) {
        self.world = world
        self.number = number
        self.ticket = ticket
        self.incarnation = incarnation
        self.progress = progress
    }

    func resume(acknowledged: UInt64, hasView: Bool) -> Resume {
        Resume(
            session: number, ticket: ticket, acknowledged: acknowledged, incarnation: incarnation, tick: progress.tick, eventsThrough: progress.eventsThrough,
            eventsAfter: progress.eventsAfter, viewTick: hasView ? progress.viewTick : 0, updates: hasView ? progress.updates : 0)
    }
}

/// What has come to a client for certain.
struct ClientProgress: Sendable {
    /// The highest tick seen.
    private(set) var tick: UInt64
    /// Every reliable event of ticks through this one has come, and so many of the next one.
    private(set) var eventsThrough: UInt64
    private(set) var eventsAfter: UInt16 = 0
    /// The tick of the last whole update, and how many there were with it on its connection.
    private(set) var viewTick: UInt64 = 0
    private(set) var updates: UInt32 = 0
    /// No update has come on this connection.
    private var awaitsUpdate = true

    /// A newcomer gets events from the tick of its `joined` on.
    init(joinedAt tick: UInt64) {
        self.tick = tick
        eventsThrough = tick - min(tick, 1)
    }

    /// Another connection goes on: what the last one brought in updates says nothing about the events that this one brings.
    /// - Parameter isContinued: with the view. Until its first update has come, the client holds the last one of the connection before.
    mutating func resume(isContinued: Bool) {
        awaitsUpdate = true
        if !isContinued { (viewTick, updates) = (0, 0) }
    }

    /// The world goes on from an earlier tick.
    mutating func fork(at tick: UInt64) {
        self.tick = tick
        eventsThrough = min(eventsThrough, tick)
        eventsAfter = 0
        resume(isContinued: false)
    }

    /// A whole update: what belongs to the one before on this connection has come with it.
    mutating func update(_ tick: UInt64) {
        if awaitsUpdate { updates = 0 } else { raiseEvents(through: viewTick) }
        awaitsUpdate = false
        viewTick = tick
        updates &+= 1
        self.tick = max(self.tick, tick)
    }

    /// The outcomes of a tick come after its events.
    mutating func outcome(_ tick: UInt64) {
        raiseEvents(through: tick)
        self.tick = max(self.tick, tick)
    }

    mutating func event(_ tick: UInt64, isReliable: Bool) {
        raiseEvents(through: tick - min(tick, 1))
        if isReliable, tick == eventsThrough + 1, eventsAfter < .max { eventsAfter += 1 }
        self.tick = max(self.tick, tick)
    }

    private mutating func raiseEvents(through tick: UInt64) {
        guard tick > eventsThrough else { return }
        (eventsThrough, eventsAfter) = (tick, 0)
    }
}

/// Everything that outlives a connection: hold it between two ``ClientSession``s.
package struct ClientSuspension: Sendable {
    package let hold: ClientHold
    /// Without an outcome, in the order of their sequences.
    package let unanswered: [ClientSession.Unanswered]
    let commands: [ClientFrame.Command]
    let nextSequence: UInt64
    let intents: SortedMap<UInt16, [UInt8]>
    let lastIntent: UInt32
    let view: ClientView?
    package let known: ClientSession.KnownSchema?
}

extension ClientSession {
    /// A command about which the world gives no outcome.
    package struct Settled: Equatable, Sendable {
        package enum Fate: Equatable, Sendable {
            /// It had its outcome, which is no longer kept.
            case tooOld
            /// The session ended before it: it did not run and never will.
            case expired
            /// The world lost the end of its history: it did not run.
            case notRun
            /// The server does not know the session any more: it may have run or not.
            case unknown
        }

        package var command: Unanswered
        package var fate: Fate

        package init(_ command: Unanswered, _ fate: Fate) {
            self.command = command
            self.fate = fate
        }
    }

    /// There is a session that the next connection can go on with.
    package var isHolding: Bool { hold != nil }

    /// The connection has ended.
    /// - Returns: what the next connection needs to go on with the session; nil where there is none to go on with.
    package mutating func suspend() -> ClientSuspension? {
        connectionLost()
        guard let hold else { return nil }
        return ClientSuspension(
            hold: hold, unanswered: unanswered, commands: commands, nextSequence: nextSequence, intents: intents, lastIntent: lastIntent,
            view: view?.openTick == nil ? view : nil, known: known)
    }

    /// Goes on with a session of an earlier connection: ``join(_:as:)`` of its world asks for it.
    package init(_ configuration: Configuration, resuming suspension: ClientSuspension) {
        self.init(configuration, known: suspension.known)
        hold = suspension.hold
        unanswered = suspension.unanswered
        commands = suspension.commands
        unsentCount = unanswered.count
        nextSequence = suspension.nextSequence
        intents = suspension.intents
        lastIntent = suspension.lastIntent
        view = suspension.view
    }

    /// The sequence of the last outcome that has come, or of the last command before the first.
    var acknowledged: UInt64 { (unanswered.first?.sequence ?? nextSequence) - 1 }

    /// What the `joined` or `joinRefused` before settled without an outcome. Empty when it is asked again.
    package mutating func takeSettled() -> [Settled] {
        defer { settled = [] }
        return settled
    }

    /// Commands to send again, as far as credit reaches: to be sent after `resumed`, and whenever credit is raised.
    package mutating func resends(now: UInt64) -> [ClientFrame] {
        var frames: [ClientFrame] = []
        while unsentCount > 0 {
            let command = commands[commands.count - unsentCount]
            guard phase == .joined, hasCredit(command.sequence, frameBytes: command.frameBytes) else { break }
            bytesSent += UInt64(command.frameBytes)
            unsentCount -= 1
            frames.append(.command(command))
        }
        return frames
    }

    /// Tells the server which outcomes have come, now and then: it keeps them until then.
    package mutating func receipt() -> ClientFrame? {
        guard phase == .joined, role == .player, acknowledged >= receiptedThrough + SessionLimits.receiptInterval else { return nil }
        receiptedThrough = acknowledged
        return .received(through: acknowledged)
    }

    // MARK: Answers to a join that asked for a session

    mutating func receive(recalled sequence: UInt64, _ tick: UInt64, _ bytes: [UInt8]) -> ClientReaction {
        if phase == .leaving { return .nothing }
        guard phase == .joining, isResuming else { return fault(.unexpected(.recalled)) }
        guard let index = unanswered.firstIndex(where: { $0.sequence == sequence }) else { return .nothing }
        do throws(DecodeError) {
            let outcome = try CommandOutcome(decoding: bytes)
            commands.remove(at: index)
            unsentCount = min(unsentCount, commands.count)
            return .outcome(unanswered.remove(at: index), tick: tick, outcome)
        } catch {
            return fault(.malformed(error))
        }
    }

    /// Settles what the session asked for leaves without an outcome, when it is not had again.
    mutating func settle(_ resumption: Resumption) {
        hold = nil
        switch resumption {
        case .resumed: preconditionFailure("a session that goes on is not settled")
        case .ended(_, let through): settled += unanswered.map { Settled($0, $0.sequence > through ? .expired : .tooOld) }
        case .unknown: settled += unanswered.map { Settled($0, .unknown) }
        }
        forgetSession()
    }

    /// Nothing of the last session is left.
    mutating func forgetSession() {
        (unanswered, commands, unsentCount) = ([], [], 0)
        (view, lastIntent, consumedIntent) = (nil, 0, 0)
        intents.removeAll()
    }

    /// The connection has the session.
    mutating func resume(_ joined: ServerFrame.Joined, _ resumed: Resumption.Resumed, _ schema: WorldSchema) -> ClientReaction {
        let isSame = joined.session == hold?.number && (1...joined.firstSequence).contains(resumed.oldest)
        guard let hold, isSame, !resumed.isContinued || holdsView(of: joined) else {
            return fault(.unexpected(.joined))
        }
        settle(below: resumed.oldest, .tooOld)
        if resumed.fork == nil {
            self.hold?.progress.resume(isContinued: resumed.isContinued)
            firstUpdateTick = hold.progress.tick
            nextSequence = max(nextSequence, joined.firstSequence)
        } else {
            settle(from: joined.firstSequence, .notRun)
            var forkTick: UInt64 = 0
            if case .after(let tick) = resumed.fork { forkTick = tick }
            self.hold?.progress.fork(at: forkTick)
            nextSequence = joined.firstSequence
        }
        self.hold?.incarnation = joined.incarnation
        unsentCount = unanswered.count { $0.sequence >= joined.firstSequence }
        recalledThrough = joined.firstSequence - 1
        receiptedThrough = resumed.oldest - 1
        (lastIntent, consumedIntent) = (max(lastIntent, resumed.lastIntent), resumed.lastIntent)
        if !resumed.isContinued { view = ClientView(schema, idBase: joined.idBase) }
        return .resumed(joined, resumed)
    }

    /// There is a view that the first update can change, and the client has said so.
    private func holdsView(of joined: ServerFrame.Joined) -> Bool { view?.idBase == joined.idBase && (hold?.progress.viewTick ?? 0) > 0 }

    private mutating func settle(below sequence: UInt64, _ fate: Settled.Fate) {
        let count = unanswered.prefix { $0.sequence < sequence }.count
        settled += unanswered[..<count].map { Settled($0, fate) }
        unanswered.removeFirst(count)
        commands.removeFirst(count)
    }

    private mutating func settle(from sequence: UInt64, _ fate: Settled.Fate) {
        let kept = unanswered.prefix { $0.sequence < sequence }.count
        settled += unanswered[kept...].map { Settled($0, fate) }
        unanswered.removeLast(unanswered.count - kept)
        commands.removeLast(commands.count - kept)
    }
}
