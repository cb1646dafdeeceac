import OrgeSchema
import OrgeSystem

/// The memory of a world's flight recorder: made once, inherited by each of the world's hosts, and read here while they live and after they died.
final class WorldRecorder {
    let world: String
    let memory: SharedMemory
    private let slot: FlightSlot

    init(_ world: String) throws(SystemError) {
        self.world = world
        memory = try SharedMemory(byteCount: FlightSlot.byteCount)
        slot = unsafe FlightSlot(memory.base)
    }

    /// What the host of this run has written; nil before it has, and what another process wrote.
    func reading(of run: UInt64) -> FlightReading? {
        guard let reading = slot.read(), reading.run == run else { return nil }
        return reading
    }
}

/// A number for a process that writes a recorder: never 0, and not the one of the process before.
func drawnRun() throws(SystemError) -> UInt64 { try unguessableBytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) } | 1 }
