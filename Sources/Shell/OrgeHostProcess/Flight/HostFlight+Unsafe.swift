import OrgeSchema
import OrgeSystem

/// The flight recorder of this process: in the supervisor's memory, or its own where it was started by hand.
final class HostFlight: Sendable {
    let slot: FlightSlot
    private let shared: SharedMemory?
    private let own: FlightMemory?

    /// Begins the run, for the calling thread: the one that will run world code.
    /// - Parameter descriptor: of the supervisor's memory; nil: there is none.
    init(_ descriptor: Int32?, run: UInt64) throws(SystemError) {
        if let descriptor {
            let memory = try SharedMemory(mapping: Descriptor(owning: descriptor), byteCount: FlightSlot.byteCount)
            shared = memory
            own = nil
            slot = unsafe FlightSlot(memory.base)
        } else {
            let memory = FlightMemory()
            shared = nil
            own = memory
            slot = memory.slot
        }
        slot.begin(run: run, thread: currentThread())
    }

    /// From now on a trap of this process is noted in the recorder. It stays mapped until the process ends.
    func watchTraps() throws(SystemError) {
        _ = unsafe Unmanaged.passRetained(self)
        unsafe try OrgeSystem.watchTraps(words: slot.trapWords)
    }
}
