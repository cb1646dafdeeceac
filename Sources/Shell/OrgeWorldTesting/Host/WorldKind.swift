import OrgeHost
import OrgeImage
import OrgeSchema
import OrgeWorld

/// A world type, erased: makes engines of it from a seed, and restores states of it.
struct WorldKind {
    /// As `orge serve` numbers its first world.
    private static let number: UInt16 = 1

    let name: String
    let makeEngine: (_ seed: UInt64) -> WorldEngine
    let restore: (_ image: [UInt8]) throws(ImageError) -> HostState

    /// - Parameter start: fills the empty world instead of the world's own start.
    init<W: World>(_ world: W.Type, start: ((inout Turn) -> Void)?) {
        name = W.name
        makeEngine = { WorldEngine(world, number: Self.number, seed: $0, start: start) }
        restore = { image throws(ImageError) in try HostState.restore(world, from: MemorySource(image)) }
    }
}

extension HostState {
    /// The image of the state after the last tick.
    func imageBytes() -> [UInt8] { writeImage(ImageHeader(tick: tick), to: MemoryImage()).bytes }
}
