/// What a child tells its supervisor on the control channel.
///
/// # The contract of a child
///
/// A **world's executable** is run in these ways:
///
///     WORLD describe [--schema]
///     WORLD host --data DIR/worlds/NAME --name NAME --number N --control-fd 3 --lifeline-fd 4 --control-version V --code HASH [--settle]
///         --flight-fd 5 --flight-run RUN [--blame BLAME] [--linger-seconds N] [--image-pool-bytes N] [--disk-floor-mib N] [--forget-history]
///     WORLD examine --data DIR/worlds/NAME --number N --blame BLAME --lifeline-fd 3 --flight-fd 4 --flight-run RUN
///
/// `describe` prints one line, `NAME VERSION`, on its standard output and exits 0 within ten seconds. With exit code 65
/// one line on its standard error says where the world's declaration is invalid. `host` serves the
/// world from its data folder (there already, mode 0700, holding the world's own files) and listens on the Unix socket
/// `link.sock` in it for edges; `N` is the world's number in the universe, 1...16383. It sends ``hostReady`` once it can
/// take edges, then ``hostStatus`` four times a second, also while no tick is released. Until then it sends ``alive`` while it
/// gets on with its start, and ``inStorage`` before a call of the disk. If it cannot start it sends
/// ``failed``, or ``noRoom`` where the disk is full, or ``storageFailed`` where it fails, and exits non-zero. With
/// `--forget-history` it deletes whatever of its journal no image needs;
/// for the other three see ``HostTuning``. `HASH` is the SHA-256 of the executable in hexadecimal, by which the journal names the code that writes to it.
/// With `--settle` the world is not served: the ticks after the newest image that this code has recorded are run, an image of their end is written, and the
/// program exits 0; until then it reports like any host that starts. `describe --schema` prints the schema document in hexadecimal.
/// Descriptor 5 is memory of the world's flight recorder (`FlightSlot`), which outlives the process; `RUN` names the
/// process in it. `BLAME` (``Blame/argument``) says what ended the host before and must not run again; where the world's fault policy stops the
/// world for it, the host sends ``stopped``; where another host has its journal, ``fenced``. `examine` runs the blamed tick again, and is
/// meant to die of it: it takes no lock, writes nothing but its recorder, and prints the input.
///
/// The **edge** is the `orge` executable once more:
///
///     orge edge --listen-fd 5 --control-fd 3 --lifeline-fd 4 --edge-id ID --world NAME=DIR/worlds/NAME … --max-clients N
///         --control-version V [--unauthenticated-connections N] [--dev]
///
/// Descriptor 5 is a listening TCP socket, opened by the supervisor once for each edge index, so that the port and the connections that wait
/// outlive every edge. `ID` names the process to the hosts (``EdgeRoster``). Of the `N` clients that the whole server admits the edge admits
/// as many as it has slots: none at first, then what ``SupervisorMessage/slots(count:)`` adds. Connections before login are bounded by themselves. With
/// `--dev` the token of this start is in the environment as `ORGE_DEV_TOKEN` (arguments are readable by every user of
/// the machine, the environment is not). It sends ``edgeReady`` when it accepts clients and has
/// reached every world that has not failed, then ``edgeStatus`` five times a second; until then ``alive``. The **bots** of
/// `--bots` are `orge bots --control-fd 3 …`, and send ``alive``.
///
/// Every child:
/// - Descriptor 3 is its end of the control channel, a stream socket, blocking at first: frames of ``ControlFrame``
///   both ways. Its end means that the supervisor is gone. A child that closes it while it goes on is killed.
/// - It reports at least once a second, from the thread whose health the report proves: a host from the loop that runs its
///   ticks, at its start from the work itself. A child that reports nothing for two seconds is `silent`, and after the
///   setting `silence_limit_seconds` it is killed and started again.
/// - `V` is ``ControlFrame/formatVersion``; a child of another version refuses to start.
/// - Descriptor 4 is the lifeline: already armed, the kernel sends SIGKILL when the supervisor ends. It is not to be
///   read or closed; a program that wants to be sure may arm it again (`orge_lifeline_arm`).
/// - SIGTERM means: end in order, exit 0. A child that has not ended after some seconds is killed.
/// - Standard error is shown by the supervisor line by line after the child's name, and its last lines explain a
///   failed start. Standard output goes the same way. Standard input is empty.
/// - No signal is blocked or ignored, it leads a process group of its own, and no other descriptor is open.
package enum ChildMessage: Equatable, Sendable {
    case hostReady(HostReady)
    case hostStatus(HostStatus)
    /// Why the child cannot start or go on; it exits next.
    case failed(message: String)
    /// From a host: the disk has no room for what a start must write; it exits next. It is started again until there is some.
    case noRoom(message: String)
    /// From a host: its world may not be started again before an operator has done something; it exits next.
    case stopped(message: String)
    /// From a host: another host has its world's journal, so that this one may not go on; it exits next, and is not started again.
    case fenced(message: String)
    /// From a host: the disk fails what a start must read or write; it exits next. It is started again until the disk works.
    case storageFailed(message: String)
    case edgeReady(address: String)
    case edgeStatus(EdgeStatus)
    /// Development mode: a client with this start's token asked for the world's process to be killed.
    case killWorld(name: String)
    /// From an edge: logins wait for so many slots more than it has; 1...2^32 − 1. Answered by one ``SupervisorMessage/slots(count:)``,
    /// before which it may not ask again.
    case slotsNeeded(count: UInt32)
    /// From an edge, the answer to each ``SupervisorMessage/recallSlots(count:)``: it has given up so many, 0 up to the count that was asked for.
    case slotsReturned(count: UInt32)
    /// From a host, the answer to each ``SupervisorMessage/lift(request:_:)``.
    case lifted(request: UInt32, LiftAnswer)
    /// The thread that counts works. From a host that is not ready: its start has got further.
    case alive
    /// From a host that is not ready: its main thread begins a call of the disk, which may take long. The next message says that it is over.
    case inStorage
}

/// What a supervisor tells a child; SIGTERM says the rest.
package enum SupervisorMessage: Equatable, Sendable {
    /// To an edge, when an orderly stop begins: worlds that go away now will not come back, no client is to be admitted.
    /// SIGTERM follows when the hosts are gone.
    case stopping
    /// To an edge: this world has been given up; its clients are to be told. Sent again to every new edge.
    case worldFailed(name: String)
    /// To an edge, the answer to ``ChildMessage/slotsNeeded(count:)``: it may admit so many clients more; 0: the server is full.
    case slots(count: UInt32)
    /// To an edge: give back up to so many slots that no client uses; at least 1.
    case recallSlots(count: UInt32)
    /// To a host: which edge processes may be alive. Sent when the host is ready, and whenever an edge process has ended.
    case edges(EdgeRoster)
    /// To a host that is ready: an operator lifts measures against faults. Answered once, when the lift is durable or refused, unless the process ends
    /// before.
    case lift(request: UInt32, LiftTarget)
    /// To an edge: this world's host has reported nothing for two seconds. Clients are told that it is away.
    case worldSilent(name: String)
    /// To an edge: the host that was silent has reported again, and is the same process.
    case worldResponds(name: String)
}

/// A host serves its world.
package struct HostReady: Equatable, Sendable {
    package var name: String
    package var version: UInt16
    package var number: UInt16
    package var schemaHash: UInt64
    package var incarnation: UInt64
    /// The last released tick, as recovered.
    package var tick: UInt64

    /// Bytes after the journal's last whole record, of a group that was not durable; 0: none.
    package var droppedBytes: UInt64
    /// The tick of the first record among them.
    package var droppedTick: UInt64

    package init(
        name: String, version: UInt16, number: UInt16, schemaHash: UInt64, incarnation: UInt64, tick: UInt64, droppedBytes: UInt64 = 0, droppedTick: UInt64 = 0
    ) {
        self.droppedBytes = droppedBytes
        self.droppedTick = droppedTick
        self.name = name
        self.version = version
        self.number = number
        self.schemaHash = schemaHash
        self.incarnation = incarnation
        self.tick = tick
    }
}

/// How a world does. Times are of execution only, over the last 60 s.
package struct HostStatus: Equatable, Sendable {
    /// The last released tick.
    package var tick: UInt64
    /// The state hash after that tick.
    package var hash: UInt64
    package var incarnation: UInt64
    package var tickP50Nanoseconds: UInt64
    package var tickP99Nanoseconds: UInt64
    package var tickMaxNanoseconds: UInt64
    /// Ticks that started late, since the process started.
    package var late: UInt64
    package var entities: UInt64
    package var images: HostImageStatus
    package var disk: HostDiskStatus
    /// For how long the journal's thread has been in its present call of the disk; 0: in none.
    package var diskCallNanoseconds: UInt64
    /// Faults of the world's code that its journal has contained, ever.
    package var faults: UInt64

    package init(
        tick: UInt64, hash: UInt64, incarnation: UInt64, tickP50Nanoseconds: UInt64, tickP99Nanoseconds: UInt64, tickMaxNanoseconds: UInt64, late: UInt64,
        entities: UInt64, images: HostImageStatus = HostImageStatus(), disk: HostDiskStatus = HostDiskStatus(), diskCallNanoseconds: UInt64 = 0,
        faults: UInt64 = 0
    ) {
        self.tick = tick
        self.hash = hash
        self.incarnation = incarnation
        self.tickP50Nanoseconds = tickP50Nanoseconds
        self.tickP99Nanoseconds = tickP99Nanoseconds
        self.tickMaxNanoseconds = tickMaxNanoseconds
        self.late = late
        self.entities = entities
        self.images = images
        self.disk = disk
        self.diskCallNanoseconds = diskCallNanoseconds
        self.faults = faults
    }
}

/// What a world takes on the disk, as measured a few seconds ago at most.
package struct HostDiskStatus: Equatable, Sendable {
    /// Allocated blocks of all files in the world's folder: genesis, journal, images. A journal's segment is allocated whole when it is begun.
    package var bytes: UInt64
    /// Bytes of records that were written to the journal in the last hour, or since the process started, scaled to an hour.
    package var journalBytesPerHour: UInt64
    /// Bytes that the disk has left for such a process.
    package var freeBytes: UInt64
    /// The world waits for room: the disk is full, or nearly.
    package var isFull: Bool
    /// Why the world waits for a disk that fails; empty while it works. At most ``HostImageStatus/troubleBytesLimit`` bytes.
    package var trouble: String
    /// Syncs of the journal's files since the process started; one makes all records durable that waited.
    package var syncs: UInt64
    /// How long they took in the last minute.
    package var syncP50Nanoseconds: UInt64
    package var syncP99Nanoseconds: UInt64

    package init(
        bytes: UInt64 = 0, journalBytesPerHour: UInt64 = 0, freeBytes: UInt64 = 0, isFull: Bool = false, trouble: String = "", syncs: UInt64 = 0,
        syncP50Nanoseconds: UInt64 = 0, syncP99Nanoseconds: UInt64 = 0
    ) {
        self.bytes = bytes
        self.journalBytesPerHour = journalBytesPerHour
        self.freeBytes = freeBytes
        self.isFull = isFull
        self.trouble = trouble
        self.syncs = syncs
        self.syncP50Nanoseconds = syncP50Nanoseconds
        self.syncP99Nanoseconds = syncP99Nanoseconds
    }
}

/// How the images of a host's world fare, since the process started.
package struct HostImageStatus: Equatable, Sendable {
    /// Bytes of UTF-8 of ``trouble``: a sentence with an error of the system.
    package static let troubleBytesLimit = 512

    /// The newest image's tick; 0 for none.
    package var tick: UInt64
    /// Images given up because too many pages changed while they were read.
    package var lost: UInt64
    /// Images that the disk refused.
    package var failed: UInt64
    /// Images for which the world was stopped, after several were given up in a row.
    package var stopped: UInt64
    /// Why the last image that was not written failed; empty when none has.
    package var trouble: String

    package init(tick: UInt64 = 0, lost: UInt64 = 0, failed: UInt64 = 0, stopped: UInt64 = 0, trouble: String = "") {
        self.tick = tick
        self.lost = lost
        self.failed = failed
        self.stopped = stopped
        self.trouble = trouble
    }
}

/// How an edge does.
package struct EdgeStatus: Equatable, Sendable {
    /// The kind of server, such as `raw-tcp`.
    package var kind: String
    /// Logged-in clients now, and how many the whole server admits.
    package var clients: UInt32
    package var limit: UInt32
    /// How many clients this edge may admit now, those that are logged in included.
    package var slots: UInt32
    /// Connections before login.
    package var unauthenticated: UInt32
    /// Bytes queued for clients.
    package var queuedBytes: UInt64
    /// Clients turned away and connections closed for malformed bytes, since the process started.
    package var turnedAway: UInt64
    package var malformed: UInt64

    package init(
        kind: String, clients: UInt32, limit: UInt32, slots: UInt32, unauthenticated: UInt32 = 0, queuedBytes: UInt64 = 0, turnedAway: UInt64 = 0,
        malformed: UInt64 = 0
    ) {
        self.kind = kind
        self.clients = clients
        self.limit = limit
        self.slots = slots
        self.unauthenticated = unauthenticated
        self.queuedBytes = queuedBytes
        self.turnedAway = turnedAway
        self.malformed = malformed
    }
}
