import OrgeControl
import OrgeSchema
import OrgeSupervisor
import OrgeSystem

/// Looking at the flight recorders of the hosts: several times a second while they live, and once when one has died.
extension ServerProcess {
    func recorder(of world: String) -> WorldRecorder {
        guard let recorder = recorders.first(where: { $0.world == world }) else { preconditionFailure("no recorder of \(world)") }
        return recorder
    }

    /// What the machine is to know about a child that has ended.
    func remains(of child: RunningChild) -> Remains {
        guard case .host(let name) = child.child, let run = child.run else { return Remains() }
        return Remains(reading: recorder(of: name).reading(of: run), ranOutOfMemory: child.memoryKills?.hasGrown ?? false)
    }

    func sampleRecorders(now: UInt64) {
        guard now >= nextSample else { return }
        nextSample = now + plan.supervision.blame.period
        for child in children {
            guard exit == nil, case .host(let name) = child.child, let run = child.run, let reading = recorder(of: name).reading(of: run) else { continue }
            // A thread that is gone has ended with its process, which is about to be reported.
            guard let time = try? processorTime(ofThread: reading.thread, process: child.process.pid) else { continue }
            handle(.sampled(name: name, reading, processorTime: time))
        }
    }
}
