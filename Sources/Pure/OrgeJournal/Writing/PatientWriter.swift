/// A journal's writer that never gives up: it waits for room on a full disk, and goes on in a new segment after a disk error. A machine without a clock: its
/// owner calls ``step(_:image:)`` when there is work, and when ``pause`` is over.
///
///     works ──▶ noRoom(tried four times a second) ──▶ works
///       └─────▶ failing(new segments, ever more rarely) ──▶ works, or needsImage where the disk has lost durable records ──▶ works
///
/// Only another host that has taken the journal ends it (`fenced`), from any of these.
package struct PatientWriter: ~Copyable, Sendable {
    package enum Report: Sendable {
        /// All through this tick may be released.
        case durable(through: UInt64)
        /// The disk is full: what was handed over is tried again until there is room.
        case noRoom(String)
        /// The disk failed: what was handed over goes into a new segment.
        case segmentFailed(String)
        /// So did new segments; they are tried again and again.
        case stuck(String)
        /// Records that were durable do not come back from the disk. All are recorded through this tick, and count when there is an image of it.
        case imageNeeded(recorded: UInt64, String)
        /// Another host has taken the journal over: nothing more is written, and nothing that waits is ever called durable here.
        case fenced(String)
        /// Whatever was the matter with the disk is over.
        case diskWorks
        /// The image counts, and these files are not needed any more.
        case imageAdopted(tick: UInt64, FileRemoval)
    }

    package enum State: Equatable, Sendable {
        case works
        case noRoom
        /// So many new segments failed.
        case failing(attempts: Int)
        /// All is written, and nothing counts before there is an image.
        case needsImage
        /// The journal is another host's; for good.
        case fenced
    }

    /// What to wait for before the next step.
    package enum Pause: Equatable, Sendable {
        case untilWork
        /// Work ends it as well.
        case atMost(milliseconds: Int32)
        case exactly(milliseconds: Int32)
    }

    /// New segments that may fail before the world is called paused: a single error is over with the first.
    package static let silentAttempts = 3
    /// Between two attempts on a full disk: soon enough for people, rare enough to cost nothing.
    private static let roomMilliseconds: Int32 = 250
    /// Before the first, second, … new segment after an error; the last one holds from there on: each attempt creates, writes and reads a file.
    private static let failureMilliseconds: [Int32] = [0, 250, 1_000, 5_000]
    /// Between two requests for an image: one that fails is not followed by the next at once.
    private static let imageMilliseconds: Int32 = 1_000

    private var writer: JournalWriter
    /// Handed over and not yet on the disk, oldest first. As many as the host executes ahead of its disk.
    private var entries: [JournalEntry] = []
    package private(set) var state = State.works
    /// What the disk does not give back any more.
    private var damage = ""
    /// The newest image that was published and not yet adopted.
    private var image: UInt64?
    private var reports: [Report] = []

    package init(_ writer: consuming JournalWriter) { self.writer = writer }

    package var incarnation: UInt64 { writer.incarnation }
    /// Bytes of records made durable since the start.
    package var appendedBytes: UInt64 { writer.appendedBytes }
    /// Something that was handed over waits for the disk.
    package var hasEntries: Bool { !entries.isEmpty }

    package var pause: Pause {
        switch state {
        case .works, .fenced: .untilWork
        case .noRoom: .atMost(milliseconds: Self.roomMilliseconds)
        case .failing(let attempts): .exactly(milliseconds: Self.failureMilliseconds[min(attempts, Self.failureMilliseconds.count - 1)])
        case .needsImage: .atMost(milliseconds: Self.imageMilliseconds)
        }
    }

    /// Takes what is new and makes one attempt. With nothing to do, looks whether the journal is still this writer's.
    /// - Parameter image: of a recorded tick, published since the last step.
    package mutating func step(_ more: [JournalEntry], image published: UInt64? = nil) -> [Report] {
        entries += more
        if let published { image = max(image ?? 0, published) }
        switch state {
        case .fenced: break
        case .failing: renew()
        case .works, .noRoom, .needsImage:
            if !entries.isEmpty { append() } else if state == .needsImage { askForImage() } else if published == nil { look() }
        }
        adoptImage()
        defer { reports = [] }
        return reports
    }

    private mutating func append() {
        do throws(JournalError) {
            let result = try writer.append(entries)
            reports.append(.durable(through: result.durableThrough))
            switch result {
            case .durable:
                entries = []
                works()
            case .noRoom(let first, _, let why):
                entries.removeFirst(first)
                if state != .noRoom { reports.append(.noRoom("\(why)")) }
                state = .noRoom
            }
        } catch {
            entries.removeFirst(writer.appendedCount)
            if error.code == .fenced {
                reports.append(.durable(through: writer.durableThrough))
                return fence(error)
            }
            reports += [.durable(through: writer.durableThrough), .segmentFailed("\(error)")]
            state = .failing(attempts: 0)
        }
    }

    private mutating func renew() {
        guard case .failing(let attempts) = state else { return }
        do throws(JournalError) {
            let (count, found) = try writer.renew(with: entries)
            entries.removeFirst(count)
            if let found { damage = "\(found)" }
            reports.append(.durable(through: writer.durableThrough))
            works()
        } catch {
            if error.code == .fenced { return fence(error) }
            state = .failing(attempts: attempts + 1)
            if attempts + 1 == Self.silentAttempts { reports.append(.stuck("\(error)")) }
        }
    }

    /// An idle world would not learn otherwise that it has another host. What else goes wrong here shows with the next group.
    private mutating func look() {
        do throws(JournalError) { try writer.checkOwned() } catch { if error.code == .fenced { fence(error) } }
    }

    private mutating func fence(_ error: JournalError) {
        state = .fenced
        reports.append(.fenced("\(error)"))
    }

    /// The disk took what it was given.
    private mutating func works() {
        let before = state
        state = writer.loss == nil ? .works : .needsImage
        guard state != before else { return }
        if state == .works { reports.append(.diskWorks) } else { askForImage() }
    }

    private mutating func askForImage() { reports.append(.imageNeeded(recorded: writer.recordedThrough, damage)) }

    /// Also while the disk is full: what an image replaces is what frees room.
    private mutating func adoptImage() {
        switch state {
        case .failing, .fenced: return
        case .works, .noRoom, .needsImage: break
        }
        guard let tick = image.take() else { return }
        do throws(JournalError) {
            let durable = writer.durableThrough
            let removal = try writer.adoptImage(tick: tick)
            if writer.durableThrough > durable { reports.append(.durable(through: writer.durableThrough)) }
            reports.append(.imageAdopted(tick: tick, removal))
            if state == .needsImage { works() }
        } catch {
            preconditionFailure("a writer that works adopts no image: \(error)")
        }
    }
}
