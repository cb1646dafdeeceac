package import OrgeBase
package import Synchronization

/// The flight recorder of one thread that runs world code: what it is doing, in words that survive its process.
///
/// The thread writes; the supervisor reads the same memory from its own process, while the host runs and after its death. Every word is atomic, because
/// the optimiser removes plain stores before a trap. There is one slot today; a world with several threads has one for each, side by side.
///
///     word  what
///        0  the format, `format`
///        1  run: drawn for each start of a host
///        2  thread: the system's number of the thread
///        3  step: counts entries
///        4  phase in bits 0..7, source in 8..15 (0 none, 1 session, 2 world), kind in 16..31, system in 32..63
///        5  tick
///        6  source: a session's number, or a world's
///        7  source: a world's timeline
///        8  sequence
///        9  account, 0 for none
///       10  entity, 0 for none
///       11  signal that ended the process by its own fault, 0 for none
///       12  the thread that raised it
///       13  handed: the last tick whose record the journal's thread has got
///       14  durable: the last tick whose record is on the disk
///       15… reserved, 0
///
/// The handler of signals writes words 11 and 12, then waits for word 14 to reach word 13: only a tick that is in the journal can be amended.
///
/// Memory ordering. The step is stored before the fields of its entry, each field by a releasing store: a reader in another process that finds the same step
/// before and after sees fields of that entry or, of the last store, of the one before. A reading of a living process is therefore compared by its step
/// only; the fields are relied on after its death.
// SAFETY: the words are atomic, and the memory outlives the slot by the contract of its makers.
@safe package struct FlightSlot: @unchecked Sendable {
    @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// Words of one slot: half a page holds four slots, and each begins a cache line.
    package static let wordCount = 64
    package static let byteCount = wordCount * 8
    /// Changes with the layout.
    package static let format: UInt64 = 0x4f_5247_4546_0001

    @usableFromInline enum Word: Int {
        case format, run, thread, step, what, tick, source, timeline, sequence, account, entity, signal, trapped, handed, durable
    }

    /// - Precondition: `memory` is aligned to 8 bytes, has ``byteCount`` bytes that hold zeros or an earlier slot, and outlives every use of the slot.
    package init(_ memory: UnsafeMutableRawPointer) { unsafe words = memory.assumingMemoryBound(to: Atomic<UInt64>.self) }

    // MARK: Writing, by the slot's thread alone

    /// Begins a run: everything of an earlier one is gone.
    package func begin(run: UInt64, thread: UInt32) {
        store(.run, 0)
        for word in Word.step.rawValue..<Self.wordCount { unsafe words[word].store(0, ordering: .releasing) }
        store(.thread, UInt64(thread))
        store(.format, Self.format)
        store(.run, run)
    }

    /// A tick begins, in the engine's own code.
    @inlinable
    package func begin(tick: UInt64) {
        enter(.engine)
        store(.tick, tick)
    }

    /// The engine's own code runs: `engine` inside a tick, `idle` between ticks.
    @inlinable
    package func leave(to phase: FlightPhase) { enter(phase) }

    /// Before the first tick: ``FlightPhase/declaration`` or ``FlightPhase/start``.
    package func prepare(_ phase: FlightPhase) { enter(phase) }

    /// An arrival, a departure or an intent of a session.
    @inlinable
    package func enter(_ phase: FlightPhase, session: UInt64, account: AccountID?, kind: UInt16 = 0) {
        enter(phase, source: 1, kind: kind)
        store(.source, session)
        store(.sequence, 0)
        store(.account, account?.raw ?? 0)
    }

    @inlinable
    package func enterCommand(_ source: Source, sequence: UInt64, kind: UInt16, account: AccountID?) {
        switch source {
        case .session(let number):
            enter(.command, source: 1, kind: kind)
            store(.source, number)
        case .world(let world):
            enter(.command, source: 2, kind: kind)
            store(.source, UInt64(world.world))
            store(.timeline, world.timeline)
        }
        store(.sequence, sequence)
        store(.account, account?.raw ?? 0)
    }

    @inlinable
    package func enterSystem(_ index: Int) {
        enter(.system, system: UInt32(truncatingIfNeeded: index))
        store(.entity, 0)
    }

    /// The running system looks at an entity's row. Only for a tick that is examined: it would cost each row a store.
    @inlinable
    package func visit(_ entity: Entity) { store(.entity, entity.raw) }

    /// The journal's thread has got the records through this tick.
    package func handed(over tick: UInt64) { store(.handed, tick) }

    /// The records through this tick are on the disk. By the journal's thread.
    package func durable(through tick: UInt64) { store(.durable, tick) }

    @inlinable
    func enter(_ phase: FlightPhase, source: UInt64 = 0, kind: UInt16 = 0, system: UInt32 = 0) {
        let step = unsafe words[Word.step.rawValue].load(ordering: .relaxed)
        unsafe words[Word.step.rawValue].store(step &+ 1, ordering: .relaxed)
        store(.what, UInt64(phase.rawValue) | source << 8 | UInt64(kind) << 16 | UInt64(system) << 32)
    }

    @inlinable
    func store(_ word: Word, _ value: UInt64) { unsafe words[word.rawValue].store(value, ordering: .releasing) }
}

/// Reading, from any thread and process.
extension FlightSlot {
    private func load(_ word: Word) -> UInt64 { unsafe words[word.rawValue].load(ordering: .acquiring) }

    /// The step alone: cheap enough to be asked many times a second.
    package var step: UInt64 { load(.step) }

    /// What the slot holds; nil where no run of this format has written it, or its words are none that a slot writes.
    package func read() -> FlightReading? {
        guard load(.format) == Self.format, load(.run) != 0 else { return nil }
        let step = load(.step)
        guard let entry = entry() else { return nil }
        let signal = load(.signal)
        let trap = signal == 0 ? nil : FlightTrap(signal: Int32(truncatingIfNeeded: signal), thread: UInt32(truncatingIfNeeded: load(.trapped)))
        return FlightReading(run: load(.run), thread: UInt32(truncatingIfNeeded: load(.thread)), step: step, entry: entry, trap: trap)
    }

    private func entry() -> FlightEntry? {
        let what = load(.what)
        guard let phase = FlightPhase(rawValue: UInt8(truncatingIfNeeded: what)), let source = source(UInt8(truncatingIfNeeded: what >> 8)) else { return nil }
        var entry = FlightEntry(phase: phase, tick: load(.tick), kind: UInt16(truncatingIfNeeded: what >> 16))
        if let source = source.value {
            entry.source = source
            entry.sequence = load(.sequence)
            let account = load(.account)
            entry.account = account == 0 ? nil : AccountID(raw: account)
        }
        if phase == .system {
            entry.system = UInt32(truncatingIfNeeded: what >> 32)
            entry.entity = Entity(raw: load(.entity))
        }
        return entry
    }

    /// - Returns: nil for a tag that no slot writes.
    private func source(_ tag: UInt8) -> (value: Source?, Void)? {
        switch tag {
        case 0: return (nil, ())
        case 1: return (.session(load(.source)), ())
        case 2:
            let world = load(.source)
            guard world < UInt64(WorldSource.worldLimit) else { return nil }
            return (.world(WorldSource(world: UInt16(world), timeline: load(.timeline))), ())
        default: return nil
        }
    }
}

/// Memory of its own for one slot, where no supervisor gives any: tests, replays, a host that was started by hand.
@safe package final class FlightMemory: Sendable {
    package let slot: FlightSlot
    // SAFETY: freed by the only owner, and otherwise only handed out as the slot.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    package init() {
        unsafe memory = .allocate(byteCount: FlightSlot.byteCount, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: FlightSlot.byteCount)
        slot = unsafe FlightSlot(memory)
    }

    deinit { unsafe memory.deallocate() }
}

/// For the handler of signals.
extension FlightSlot {
    /// Four words in a row: signal, trapped thread, handed, durable.
    package var trapWords: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(words + Word.signal.rawValue) }
}
