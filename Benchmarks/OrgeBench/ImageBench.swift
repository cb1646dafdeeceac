import Glibc
import OrgeImage
import OrgeWorld
import Synchronization

/// What an image beside the running world costs the tick thread: 1,000,000 rows of 16 bytes in each of two components, 20 ticks at 20 Hz.
enum ImageBench {
    static let rows = 1_000_000
    private static let ticks = 20

    enum Load: CaseIterable {
        /// One row in a tenth of the pages of each column, other pages in each tick.
        case tenth
        /// Every row of both columns, in every tick.
        case everyRow
    }

    enum Plain: World {
        static let name = "plain"
        static var parts: Parts {
            QueryBench.Position.self
            QueryBench.Velocity.self
            Write.self
        }
        /// One entity of each page.
        nonisolated(unsafe) static var marked: [Entity] = []  // SAFETY: set when the world is made and read by ticks, on one thread.

        static func start(_ turn: inout Turn) {
            do {
                for index in 0..<ImageBench.rows {
                    let entity = try turn.spawn()
                    try turn.set(entity, QueryBench.Position())
                    try turn.set(entity, QueryBench.Velocity())
                    if index % 1_024 == 0 { unsafe marked.append(entity) }
                }
            } catch { preconditionFailure("\(error)") }
        }

        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    enum Write: System {
        nonisolated(unsafe) static var load = Load.tenth  // SAFETY: as above.
        static var writes: [any Component.Type] { [QueryBench.Position.self, QueryBench.Velocity.self] }

        static func run(_ turn: inout Turn) {
            switch unsafe load {
            case .everyRow:
                turn.each { (position: inout QueryBench.Position, velocity: inout QueryBench.Velocity) in
                    position.x += velocity.x
                    velocity.y += 1
                }
            case .tenth:
                let marked = unsafe Plain.marked
                for index in marked.indices where UInt64(index % 10) == turn.tick % 10 {
                    do {
                        try turn.set(marked[index], QueryBench.Position(x: Float(turn.tick)))
                        try turn.set(marked[index], QueryBench.Velocity(x: Float(turn.tick)))
                    } catch { preconditionFailure("\(error)") }
                }
            }
        }
    }

    static func run() {
        let engine = WorldEngine(Plain.self, number: 1, seed: 1)
        for load in Load.allCases {
            unsafe Write.load = load
            _ = measure(engine, isRead: false)
            // In turns, so that what else the machine does falls on both.
            let samples = (0..<5).map { _ in (without: measure(engine, isRead: false), with: measure(engine, isRead: true)) }
            let extra = samples.map { $0.with.cpu - $0.without.cpu }
            func middle(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
            Bench.report(
                "image",
                [
                    "every_row": load == .everyRow ? 1 : 0, "extra_ms": middle(extra), "extra_ms_max": extra.max() ?? 0,
                    "extra_ms_first_image": extra[0], "ticks_ms": middle(samples.map(\.without.cpu)),
                    "copied_pages": middle(samples.map(\.with.copies)), "image_ms": middle(samples.map(\.with.image)),
                    "image_bytes": samples[0].with.bytes,
                ])
        }
    }

    private struct Sample {
        /// Milliseconds of the tick thread's processor time over all ticks.
        var cpu = 0.0
        /// Milliseconds from the image's start to its end.
        var image = 0.0
        var bytes = 0.0
        var copies = 0.0
    }

    private static func measure(_ engine: WorldEngine, isRead: Bool) -> Sample {
        var sample = Sample()
        var reader: Reader?
        if isRead {
            let began = milliseconds(CLOCK_THREAD_CPUTIME_ID)
            let world = engine.beginImage()
            sample.cpu += milliseconds(CLOCK_THREAD_CPUTIME_ID) - began
            reader = Reader(world)
        }
        var next = milliseconds(CLOCK_MONOTONIC)
        for _ in 0..<ticks {
            let began = milliseconds(CLOCK_THREAD_CPUTIME_ID)
            _ = engine.execute(tick: engine.tick + 1, utcMilliseconds: 0, inputs: [])
            sample.cpu += milliseconds(CLOCK_THREAD_CPUTIME_ID) - began
            next += 50
            let pause = next - milliseconds(CLOCK_MONOTONIC)
            if pause > 0 { usleep(UInt32(pause * 1_000)) }
        }
        if let reader {
            (sample.image, sample.bytes) = reader.wait()
            sample.copies = Double(engine.imageCopyCount)
            engine.endImage()
        }
        return sample
    }

    static func milliseconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
}

/// Reads an image on a thread of its own and keeps nothing of it.
private final class Reader: Sendable {
    private let world: FrozenWorld
    private let result = Mutex<(image: Double, bytes: Double)?>(nil)

    init(_ world: FrozenWorld) {
        self.world = world
        Task.detached { [self] in read() }
    }

    private func read() {
        let began = ImageBench.milliseconds(CLOCK_MONOTONIC)
        var reading = WorldImageReading(world)
        var writer = ImageWriter(ImageHeader(tick: world.tick), schema: world.schema, to: CountingSink())
        loop: while true {
            switch reading.step(&writer) {
            case .more: continue
            case .busy: usleep(20)
            case .lost: preconditionFailure("the pool has room for the whole state")
            case .end: break loop
            }
        }
        let bytes = writer.finish(worldHash: world.worldHash, hostHash: world.presenceHash).count
        result.withLock { $0 = (ImageBench.milliseconds(CLOCK_MONOTONIC) - began, Double(bytes)) }
    }

    func wait() -> (Double, Double) {
        while true {
            if let result = result.withLock({ $0 }) { return result }
            usleep(1_000)
        }
    }

    private struct CountingSink: ImageSink {
        var count = 0
        mutating func append(_ bytes: [UInt8]) { count += bytes.count }
    }
}
