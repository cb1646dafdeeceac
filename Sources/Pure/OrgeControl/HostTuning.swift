/// What an operator may set for a host. `orge serve` passes it on as arguments (``ChildMessage``), and the host holds it to the same ranges.
package enum HostTuning {
    /// Seconds for which a session without a connection stays in the world. An hour at most: each of them has one of the host's 65,536 places for sessions.
    package static let lingerSeconds: ClosedRange<Int> = 0...3_600
    package static let defaultLingerSeconds = 5
    /// Bytes that copies of pages may take while an image is read. Up to 1 TiB, more than a world's state can have.
    package static let imagePoolBytes: ClosedRange<Int> = 0...1 << 40
    /// Mebibytes of free space on the disk below which a host warns; below a quarter of it its world pauses. 0: no floor. Up to 1 TiB, a large disk.
    package static let diskFloorMebibytes: ClosedRange<Int> = 0...1 << 20
    /// Room for an image of a large world and some segments.
    package static let defaultDiskFloorMebibytes = 256
}
