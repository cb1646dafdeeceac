package import OrgeHost
import OrgeImage
import OrgeJournal
import OrgeSchema
import OrgeWorld

/// Looks for state that no section holds: runs every durable tick a second time, in a copy of the host's state that was restored from an image, and
/// compares everything that the two make. What lives elsewhere, in a variable or in the history of a container, shows as a difference.
package final class Hunter {
    /// A control: what a new copy loses.
    package typealias Tamper = (inout HostState) -> Void

    private let world: WorldCase
    /// Ticks for which a copy runs beside the original, until both write an image, which must be equal, and the copy is dropped and restored from it.
    private let period: Int
    private let tamper: Tamper?
    private var copy: HostState
    private var age = 0

    init(_ world: WorldCase, period: Int, tamper: Tamper?) {
        self.world = world
        self.period = period
        self.tamper = tamper
        copy = HostState(new: world.makeEngine())
    }

    /// Runs the tick again.
    /// - Parameter original: which has just run it.
    /// - Returns: what differs; nil when nothing does.
    func run(_ body: [UInt8], _ amendments: [RecordedFault], _ executed: ExecutedTick, beside original: borrowing HostState) -> String? {
        do throws(ReplayFailure) {
            let (_, again) = try copy.replay(body, amendments: amendments)
            if let what = executed.difference(from: again) { return "a copied state makes other \(what) in tick \(executed.tick)" }
        } catch {
            return "a copied state does not run tick \(executed.tick) as the original did: \(error)"
        }
        guard copy.stateHash == original.stateHash, copy.hostHash == original.hostHash, copy.chains == original.chains else {
            return "a copied state comes to another one in tick \(executed.tick)"
        }
        age += 1
        return age % period == 0 ? renew(from: original) : nil
    }

    private func renew(from original: borrowing HostState) -> String? {
        let (image, copied) = (Self.image(of: original), Self.image(of: copy))
        guard image == copied else { return "the image of a copied state is another one after tick \(original.tick)" }
        do throws(ImageError) { copy = try world.restore(MemorySource(image)) } catch { return "an image is not restored: \(error)" }
        tamper?(&copy)
        return nil
    }

    private static func image(of state: borrowing HostState) -> [UInt8] { state.writeImage(ImageHeader(tick: state.tick), to: MemoryImage()).bytes }
}

extension ExecutedTick {
    /// What differs; nil when nothing does.
    fileprivate func difference(from other: ExecutedTick) -> String? {
        if output.outcomes != other.output.outcomes || output.outcomeBytes != other.output.outcomeBytes { return "outcomes" }
        if !outcomes.elementsEqual(other.outcomes, by: { $0.edge == $1.edge && $0.source == $1.source && $0.sequence == $1.sequence && $0.bytes == $1.bytes }) {
            return "outcomes of edges"
        }
        if output.arrivals != other.output.arrivals || answers.map(\.attachment) != other.answers.map(\.attachment) { return "arrivals" }
        if output.events != other.output.events || output.eventBytes != other.output.eventBytes { return "events" }
        if output.changes.rows != other.output.changes.rows || output.changes.bytes != other.output.changes.bytes { return "changes" }
        if output.changes.despawned != other.output.changes.despawned { return "ends of entities" }
        if closed != other.closed || detached != other.detached { return "ends of sessions" }
        if consumed.map(\.number) != other.consumed.map(\.number) || output.droppedIntents != other.output.droppedIntents { return "intents" }
        return nil
    }
}
