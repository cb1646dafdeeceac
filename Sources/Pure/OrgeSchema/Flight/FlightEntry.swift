/// What a world's thread was doing: the content of a ``FlightSlot``. Fields that the phase does not use are 0, nil or none.
package struct FlightEntry: Equatable, Sendable {
    package var phase: FlightPhase
    /// The tick that runs; 0 before the first.
    package var tick: UInt64
    /// Of a command. The session also of an arrival, a departure and an intent.
    package var source: Source?
    /// Of a command, as its source counts them.
    package var sequence: UInt64
    /// The number of the command, or of the intent.
    package var kind: UInt16
    /// The account that the input came from; nil for none.
    package var account: AccountID?
    /// The index of the system in order of registration.
    package var system: UInt32
    /// The entity whose row a system visits. Noted only while a tick is examined (``FlightSlot/visit(_:)``).
    package var entity: Entity

    package init(
        phase: FlightPhase = .idle, tick: UInt64 = 0, source: Source? = nil, sequence: UInt64 = 0, kind: UInt16 = 0, account: AccountID? = nil,
        system: UInt32 = 0, entity: Entity = .none
    ) {
        self.phase = phase
        self.tick = tick
        self.source = source
        self.sequence = sequence
        self.kind = kind
        self.account = account
        self.system = system
        self.entity = entity
    }

    /// Whether both name the same input or system of the same tick, in whichever process it ran.
    package func isSameWork(as other: FlightEntry) -> Bool {
        var mine = self
        var theirs = other
        mine.entity = .none
        theirs.entity = .none
        return mine == theirs
    }
}

/// A thread that runs world code, as its recorder shows it from outside.
package struct FlightReading: Equatable, Sendable {
    /// The process that wrote it: drawn for each start of a host. 0: none has.
    package var run: UInt64
    /// The system's number of the thread.
    package var thread: UInt32
    /// Counts the entries of this run: two readings with one step saw the same piece of work.
    package var step: UInt64
    package var entry: FlightEntry
    /// Set by a handler of signals, when a signal that means a bug has ended the process.
    package var trap: FlightTrap?

    package init(run: UInt64, thread: UInt32, step: UInt64, entry: FlightEntry, trap: FlightTrap? = nil) {
        self.run = run
        self.thread = thread
        self.step = step
        self.entry = entry
        self.trap = trap
    }
}

/// A signal that the process's own code raised: not one that was sent from outside.
package struct FlightTrap: Equatable, Sendable {
    package var signal: Int32
    /// The system's number of the thread that raised it.
    package var thread: UInt32

    package init(signal: Int32, thread: UInt32) {
        self.signal = signal
        self.thread = thread
    }
}
