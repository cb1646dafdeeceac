import OrgeWire

/// A monitor's join that is answered when the world is at its tick, or the time is over.
struct WaitingMonitor {
    let connection: Connection
    let account: String
    let join: ClientFrame.Join
    let tick: UInt64
    let until: UInt64
}
