import OrgeControl
import OrgeHost
import OrgeJournal
import OrgeSchema
import OrgeSystem

/// What the disk does to the world, and what people are told of it.
extension HostLoop {
    /// Said when it changes: an image may be asked for again and again.
    func hearOfDisk(_ report: PatientWriter.Report) {
        let before = storage
        switch report {
        case .noRoom(let why):
            storage = .full
            printError("\(schema.name): paused until the disk has room; nothing is lost: \(why)")
        case .segmentFailed(let why): printError("\(schema.name): the journal goes on in a new segment, because the disk failed: \(why)")
        case .stuck(let why):
            storage = .failing(why)
            printError("\(schema.name): paused until the disk works; nothing is lost: \(why)")
        case .imageNeeded(let tick, let why):
            storage = .failing(why)
            if storage != before { printError("\(schema.name): paused until an image of the world is written: \(why)") }
            handle(.imageNeeded(recorded: tick))
        case .diskWorks:
            storage = .works
            printError("\(schema.name): the disk works again, the world goes on")
        case .durable, .imageAdopted, .fenced: break
        }
    }

    func watchFreeSpace() {
        let free = disk.latest.freeBytes
        guard let level = freeSpace.observe(freeBytes: free) else { return }
        let room = "the disk has \(free >> 20) MiB left, and the floor is \(freeSpace.floor >> 20) MiB"
        let what =
            switch level {
            case .ample: "enough again"
            case .low: "below a quarter of the floor the world pauses"
            case .exhausted: "the world pauses until half of the floor is free; nothing is lost"
            }
        printError("\(schema.name): \(room): \(what)")
        handle(level == .exhausted ? .pause : .resume)
    }

    func diskStatus(at now: UInt64) -> HostDiskStatus {
        var status = disk.latest
        let syncs = calls.syncs.summary(at: now)
        (status.syncs, status.syncP50Nanoseconds, status.syncP99Nanoseconds) = (syncs.count, syncs.times.p50, syncs.times.p99)
        status.isFull = storage == .full || freeSpace.level == .exhausted
        if case .failing(let why) = storage { status.trouble = why.isEmpty ? "the disk fails" : why }
        return status
    }
}
