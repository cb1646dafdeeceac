import Glibc
import OrgeHost
import OrgeImage
import OrgeWorld

/// What an image costs the tick thread for the sessions alone: 20,000 sessions with 64 kept outcomes each, and a command of each in every tick.
enum SessionBench {
    private static let sessions: UInt64 = 20_000
    private static let kept: UInt64 = 64
    private static let rounds = 5

    enum Quiet: World {
        static let name = "quiet"
        static var parts: Parts {
            QueryBench.Position.self
            Touch.self
        }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    struct Touch: Command {
        static func run(_ touch: Touch, _ turn: inout Turn) throws(Refusal) -> Touched { Touched(number: turn.tick) }
    }

    struct Touched: Record { var number: UInt64 = 0 }

    static func run() {
        var state = HostState(new: WorldEngine(Quiet.self, number: 1, seed: 1))
        step(&state, (1...sessions).map { .join(Attachment(edge: 1, number: $0), .guest("account-\($0)"), takesOver: false) })
        var sequence: UInt64 = 0
        while sequence < kept { touch(&state, &sequence) }
        var figures = Figures()
        for _ in 0..<rounds {
            figures.without.append(measure { touch(&state, &sequence) })
            image(&state, &sequence, &figures)
        }
        figures.report()
    }

    /// The tick after an image has begun copies what the image holds; the image is read after it, on this thread.
    private static func image(_ state: inout HostState, _ sequence: inout UInt64, _ figures: inout Figures) {
        let start = ImageBench.milliseconds(CLOCK_THREAD_CPUTIME_ID)
        let frozen = state.beginImage(poolBytes: nil)
        figures.freeze.append(ImageBench.milliseconds(CLOCK_THREAD_CPUTIME_ID) - start)
        figures.with.append(measure { touch(&state, &sequence) })
        figures.after.append(measure { touch(&state, &sequence) })
        var longest = 0.0
        let whole = measure {
            var reading = HostImageReading(frozen, ImageHeader(tick: state.tick), to: CountingSink())
            var isDone = false
            while !isDone { longest = max(longest, measure { isDone = reading.step() == .end }) }
            figures.bytes = Double(reading.finish().count)
        }
        figures.image.append(whole)
        figures.step.append(longest)
        figures.hash.append(measure { precondition(state.hostHash != 0) })
        state.endImage()
    }

    /// Each session says one thing, and acknowledges what is older than its last 64 outcomes.
    private static func touch(_ state: inout HostState, _ sequence: inout UInt64) {
        sequence += 1
        var inputs: [HostInput] = []
        if sequence > kept { inputs = (1...sessions).map { .acknowledged(.session($0), sequence: sequence - kept) } }
        step(&state, inputs + (1...sessions).map { .command(.session($0), sequence: sequence, kind: 0, payload: []) })
    }

    private static func step(_ state: inout HostState, _ inputs: [HostInput]) {
        let record = state.seal(tick: state.tick + 1, utcMilliseconds: 0, lateMicroseconds: 0, inputs: inputs)
        _ = state.run(record, body: record.encoded())
    }

    private static func measure(_ body: () -> Void) -> Double {
        let start = ImageBench.milliseconds(CLOCK_THREAD_CPUTIME_ID)
        body()
        return ImageBench.milliseconds(CLOCK_THREAD_CPUTIME_ID) - start
    }

    /// Milliseconds of processor time.
    private struct Figures {
        var without: [Double] = []
        var freeze: [Double] = []
        var with: [Double] = []
        var after: [Double] = []
        var image: [Double] = []
        var step: [Double] = []
        var hash: [Double] = []
        var bytes = 0.0

        func report() {
            func middle(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
            Bench.report(
                "sessions",
                [
                    "tick_ms": middle(without), "freeze_ms": middle(freeze), "tick_after_freeze_ms": middle(with), "second_tick_ms": middle(after),
                    "image_ms": middle(image), "longest_step_ms": middle(step), "hash_ms": middle(hash), "image_bytes": bytes,
                ])
        }
    }

    private struct CountingSink: ImageSink {
        var count = 0
        mutating func append(_ bytes: [UInt8]) { count += bytes.count }
    }
}
