package import OrgeSchema

/// What became of a command that an edge sent.
package enum CommandVerdict: Equatable, Sendable {
    case taken
    /// It was taken before: its outcome is on its way or was sent.
    case duplicate
    /// It is not the next one: the sender and we do not agree about this source any more.
    case outOfSequence
    /// More than the source may have unanswered.
    case overCredit
    /// The session is not attached, or on its way out; the world is on another timeline.
    case unknownSource
}

/// Commands and intents that wait to be sealed, by source.
///
/// Volatile: edges keep commands until they are answered and send them again after a crash. Commands leave by deficit round robin over their
/// declared costs, in passes; the order of the sources in a pass is drawn from their accounts or worlds and the seed of each tick, and so
/// is that of intents. So the order inside a batch follows from what waits, not from the edges that brought it or how it was interleaved.
package struct InputQueue: Sendable {
    struct Waiting: Sendable {
        var sequence: UInt64
        /// nil for a malformed command.
        var kind: UInt16?
        /// The payload stands after the key's bytes: a command without a key has no room for one, because all that wait are moved.
        let hasKey: Bool
        var cost: UInt32
        var payload: [UInt8]

        init(sequence: UInt64, kind: UInt16?, key: IdempotencyKey?, cost: UInt32, payload: [UInt8]) {
            self.sequence = sequence
            self.kind = kind
            self.cost = cost
            hasKey = key != nil
            self.payload = key.map { $0.bytes + payload } ?? payload
        }

        func input(of source: Source) -> HostInput {
            guard let kind else { return .malformed(source, sequence: sequence) }
            guard hasKey, let session = source.session else { return .command(source, sequence: sequence, kind: kind, payload: payload) }
            let (key, rest) = IdempotencyKey.split(payload[...])
            return .keyed(session: session, sequence: sequence, key, kind: kind, payload: Array(rest))
        }
    }

    /// What one source has waiting.
    struct Lane: Sendable {
        /// nil in a lane that is free.
        let source: Source?
        /// A tick's rank is drawn from it. Of a session the account's id, which is the same through every edge.
        let rankKey: UInt64
        /// nil for a world.
        let attachment: Attachment?
        /// The sequence that the next command must bear.
        var next: UInt64
        /// The highest sequence whose outcome the source has.
        var acknowledged: UInt64
        var acknowledgedSealed: UInt64
        var commands: [Waiting] = []
        /// Of the first command that waits.
        var head = 0
        var deficit: UInt32 = 0
        /// The latest of each kind, by kind.
        var intents: [(kind: UInt16, number: UInt32, payload: [UInt8])] = []
        /// It takes no more: the attachment's end is waiting.
        var isEnding = false

        var isEmpty: Bool { head == commands.count }

        /// Another command may come. A client's own credit bounds the outcomes that it has not received, so only what waits is counted here.
        var hasCredit: Bool {
            let open = attachment == nil ? next - 1 - acknowledged : UInt64(commands.count - head)
            return open < HostLimits.outcomesPerSession
        }

        /// Sessions by number, then worlds by number.
        func isBefore(_ other: Lane) -> Bool {
            switch (source, other.source) {
            case (.session(let one)?, .session(let other)?): one < other
            case (.world(let one)?, .world(let other)?): one.world < other.world
            case (.session?, _): true
            case (.world?, _), (nil, _): false
            }
        }

        mutating func removeFirst() -> Waiting {
            defer {
                head += 1
                // Now and then also while some wait: a source that is never without one must not keep all that it ever sent.
                if isEmpty || head >= 64 {
                    commands.removeFirst(head)
                    head = 0
                }
            }
            return commands[head]
        }
    }

    var slots = ContiguousArray<Lane>()
    private var free: [Int] = []
    /// Slots by session, and by number of the world.
    private var index = IDTable<Int>()
    private var worlds = SortedMap<UInt16, Int>()
    /// Slots with commands, with intents, with an acknowledgement to seal: in order of arrival, sorted when sealed.
    var active: [Int] = []
    private var steering: [Int] = []
    private var acknowledging: [Int] = []
    /// Commands that wait.
    package internal(set) var commandCount = 0
    /// Units that a source gets in a pass: at least the dearest command, so that each pass moves each source on.
    let quantum: UInt32

    /// - Parameter quantum: at least the largest cost of a command.
    package init(quantum: UInt32) {
        precondition(quantum > 0, "a pass without units moves no source on")
        self.quantum = quantum
    }

    package var isEmpty: Bool { commandCount == 0 && steering.isEmpty }

    @inline(__always)
    private func slot(of source: Source) -> Int? {
        switch source {
        case .session(let session): index[session]
        case .world(let world): worlds[world.world].flatMap { slots[$0].source == source ? $0 : nil }
        }
    }

    /// The attachment that has the session, while it takes inputs.
    package func attachment(of session: UInt64) -> Attachment? {
        guard let slot = index[session] else { return nil }
        return slots[slot].attachment
    }

    package func hasCommands(_ session: UInt64) -> Bool {
        guard let slot = index[session] else { return false }
        return !slots[slot].isEmpty
    }

    package mutating func open(_ session: Session) {
        precondition(session.isAttached && index[session.number] == nil, "session \(session.number) opens twice")
        index[session.number] = add(.session(session.number), key: session.account.raw, session.attachment, session.window)
    }

    /// Takes commands of another world from now on, those after what the table has of it. What waits from another timeline of that world is forgotten.
    /// - Returns: false when as many worlds are known as a host takes commands from.
    package mutating func open(_ source: WorldSource, _ table: SessionTable) -> Bool {
        if let slot = worlds[source.world] {
            if slots[slot].source == .world(source) { return true }
            vacate(slot)
            forgetVacated()
        } else if table.worlds[source.world] == nil, table.worlds.count + worlds.count >= HostLimits.worldSources {
            return false
        }
        worlds[source.world] = add(.world(source), key: source.rankKey, nil, table.inbox(of: source)?.window ?? OutcomeWindow())
        return true
    }

    /// - Returns: the slot.
    private mutating func add(_ source: Source, key: UInt64, _ attachment: Attachment?, _ window: OutcomeWindow) -> Int {
        let lane = Lane(
            source: source, rankKey: key, attachment: attachment, next: window.highest + 1, acknowledged: window.acknowledged,
            acknowledgedSealed: window.acknowledged)
        guard let slot = free.popLast() else {
            slots.append(lane)
            return slots.count - 1
        }
        slots[slot] = lane
        return slot
    }

    private mutating func vacate(_ slot: Int) {
        commandCount -= slots[slot].commands.count - slots[slot].head
        slots[slot] = Lane(source: nil, rankKey: 0, attachment: nil, next: 0, acknowledged: 0, acknowledgedSealed: 0)
        free.append(slot)
    }

    private mutating func forgetVacated() {
        active.removeAll { slots[$0].source == nil }
        steering.removeAll { slots[$0].source == nil }
        acknowledging.removeAll { slots[$0].source == nil }
    }

    /// Forgets the sessions and what waits for them. All at once: each list is gone through once, however many sessions end in a tick.
    package mutating func close(_ sessions: [UInt64]) {
        var isClosed = false
        for session in sessions {
            guard let slot = index[session] else { continue }
            index[session] = nil
            vacate(slot)
            isClosed = true
        }
        if isClosed { forgetVacated() }
    }

    /// From now on the session takes nothing more.
    package mutating func end(_ session: UInt64) {
        if let slot = index[session] { slots[slot].isEnding = true }
    }

    /// - Parameters:
    ///   - kind: nil for a malformed command.
    ///   - key: of a session's command alone.
    package mutating func command(
        _ source: Source, _ sequence: UInt64, kind: UInt16?, key: IdempotencyKey? = nil, cost: UInt16, payload: [UInt8]
    ) -> CommandVerdict {
        guard let slot = slot(of: source), !slots[slot].isEnding else { return .unknownSource }
        if sequence < slots[slot].next { return .duplicate }
        guard sequence == slots[slot].next else { return .outOfSequence }
        guard slots[slot].hasCredit else { return .overCredit }
        if slots[slot].isEmpty { active.append(slot) }
        slots[slot].commands.append(Waiting(sequence: sequence, kind: kind, key: key, cost: min(quantum, UInt32(max(1, cost))), payload: payload))
        slots[slot].next += 1
        commandCount += 1
        return .taken
    }

    /// The latest intent of a kind replaces the one before.
    package mutating func intent(_ session: UInt64, number: UInt32, kind: UInt16, payload: [UInt8]) {
        guard let slot = index[session], !slots[slot].isEnding else { return }
        if slots[slot].intents.isEmpty { steering.append(slot) }
        let place = slots[slot].intents.firstIndex { $0.kind >= kind } ?? slots[slot].intents.count
        if place < slots[slot].intents.count, slots[slot].intents[place].kind == kind {
            slots[slot].intents[place] = (kind, number, payload)
        } else {
            slots[slot].intents.insert((kind, number, payload), at: place)
        }
    }

    package mutating func acknowledge(_ source: Source, through sequence: UInt64) {
        guard let slot = slot(of: source), sequence > slots[slot].acknowledged, sequence < slots[slot].next else { return }
        if slots[slot].acknowledged == slots[slot].acknowledgedSealed { acknowledging.append(slot) }
        slots[slot].acknowledged = sequence
    }

    /// Appends what was acknowledged since the last tick: by session, then by world.
    package mutating func sealAcknowledgements(into inputs: inout [HostInput]) {
        for slot in acknowledging.sorted(by: { slots[$0].isBefore(slots[$1]) }) {
            guard let source = slots[slot].source else { preconditionFailure("an acknowledgement in a free lane") }
            let sequence = slots[slot].acknowledged
            slots[slot].acknowledgedSealed = sequence
            inputs.append(.acknowledged(source, sequence: sequence))
        }
        acknowledging.removeAll(keepingCapacity: true)
    }

    /// Appends the latest intents, by rank and kind.
    /// - Parameters:
    ///   - seed: of the tick; ranks are drawn from it and the accounts.
    ///   - bytes: of payloads, more or less; the sessions after that have to wait.
    package mutating func sealIntents(seed: UInt64, bytes: Int = HostLimits.inputBytesPerTick, into inputs: inout [HostInput]) {
        var left = bytes
        let order = steering.sorted { sealingRank(slots[$0].rankKey, seed) < sealingRank(slots[$1].rankKey, seed) }
        var done = 0
        for slot in order where left > 0 {
            guard let session = slots[slot].source?.session else { preconditionFailure("an intent that is no session's") }
            for intent in slots[slot].intents {
                inputs.append(.intent(session: session, number: intent.number, kind: intent.kind, payload: intent.payload))
                left -= intent.payload.count + 19
            }
            slots[slot].intents.removeAll(keepingCapacity: true)
            done += 1
        }
        steering = Array(order[done...])
    }
}
