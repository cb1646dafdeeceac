/// A world's full state after one tick, as it lies in a file of its own.
package struct JournalImage: Equatable, Sendable {
    package var tick: UInt64
    /// Of the host that made it.
    package var incarnation: UInt64
    /// The code that made it.
    package var codeID: String
    /// Made and read by the engine.
    package var body: [UInt8]
}
