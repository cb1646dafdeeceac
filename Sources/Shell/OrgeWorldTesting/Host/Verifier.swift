import OrgeHost
import OrgeImage
import OrgeSchema
import OrgeWorld

/// Runs each tick of a world again, in states that must come to the same: one that began from the seed as the world did, and one that was restored from an
/// image. Each runs the tick's record by the code that recovers a world from its journal.
final class Verifier {
    struct Checks: OptionSet {
        let rawValue: Int
        /// Run twice from the seed.
        static let again = Checks(rawValue: 1)
        /// Image, restore, compare.
        static let restored = Checks(rawValue: 2)
        static let all: Checks = [.again, .restored]
    }

    /// Ticks for which a restored state runs beside the original, until both write an image, which must be equal, and the next one is restored: short
    /// enough that what an image lacks shows soon.
    private static let renewalPeriod = 8
    /// Rows that differ, of those that are told.
    private static let toldRows = 6

    private let kind: WorldKind
    private let checks: Checks
    private var again: HostState?
    private var restored: HostState?
    private var age = 0
    /// The first difference.
    private(set) var finding: String?

    /// - Precondition: the original has run no tick, or its ticks are not to be run again from the seed.
    init(_ kind: WorldKind, seed: UInt64, _ checks: Checks, beside original: borrowing HostState) {
        self.kind = kind
        self.checks = checks
        if checks.contains(.again) {
            precondition(original.tick == 0, "a run is run again from its seed only as a whole")
            let ballast = Ballast()
            again = HostState(new: kind.makeEngine(seed))
            ballast.drop()
            compareAgain(original)
        }
        if checks.contains(.restored) { restore(original) }
    }

    func run(_ body: [UInt8], beside original: borrowing HostState) {
        guard finding == nil else { return }
        if checks.contains(.again) {
            // Until the copy has run, so that its memory lies elsewhere.
            let ballast = Ballast()
            if let why = Self.replay(body, &again) { return find(again: why, original) }
            ballast.drop()
            compareAgain(original)
        }
        guard finding == nil, checks.contains(.restored) else { return }
        if let why = Self.replay(body, &restored) { return find(restored: why, original) }
        compareRestored(original)
        age += 1
        if finding == nil, age % Self.renewalPeriod == 0 { renew(original) }
    }

    func change(_ body: (inout Turn) throws(Refusal) -> Void) throws(Refusal) {
        try again?.engine.change(body)
        try restored?.engine.change(body)
    }

    private static func replay(_ body: [UInt8], _ copy: inout HostState?) -> String? {
        do throws(ReplayFailure) {
            _ = try copy?.replay(body)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func compareAgain(_ original: borrowing HostState) {
        guard let isSame = again?.isSame(as: original), !isSame else { return }
        find(again: nil, original)
    }

    private func compareRestored(_ original: borrowing HostState) {
        guard let isSame = restored?.isSame(as: original), !isSame else { return }
        find(restored: nil, original)
    }

    private func find(again why: String?, _ original: borrowing HostState) {
        let rows = why ?? difference(original, again?.engine)
        finding = "tick \(original.tick), run twice from the same seed with the same inputs, came to two states: \(rows)"
    }

    private func find(restored why: String?, _ original: borrowing HostState) {
        let rows = why ?? difference(original, restored?.engine)
        finding = "tick \(original.tick) came to another state in a world that was restored from an image shortly before: \(rows)"
    }

    private func renew(_ original: borrowing HostState) {
        guard let image = restored?.imageBytes(), image == original.imageBytes() else {
            finding = "after tick \(original.tick) a restored world writes another image than the original"
            return
        }
        restore(original)
    }

    private func restore(_ original: borrowing HostState) {
        do throws(ImageError) { restored = try kind.restore(original.imageBytes()) } catch { finding = "its image is not restored: \(error)" }
        compareRestored(original)
    }

    /// The first rows that differ.
    private func difference(_ original: borrowing HostState, _ other: WorldEngine?) -> String {
        let lines = LineDifference(StateText.lines(of: original.engine), other.map { StateText.lines(of: $0) } ?? []).lines
        guard !lines.isEmpty else { return "the rows agree, and accounts, keys, events or sessions do not" }
        return "\n" + lines.prefix(Self.toldRows).map { "    \($0)" }.joined(separator: "\n")
    }
}

extension HostState {
    /// Whether both go on alike.
    fileprivate func isSame(as other: borrowing HostState) -> Bool { stateHash == other.stateHash && hostHash == other.hostHash }
}
