import OrgeWorld

/// Seven bytes of padding lie between its fields.
struct Holed: Component {
    var small: UInt8 = 0
    var large: UInt64 = 0
}

/// Hashes a row's raw bytes, including its padding, as a naive hash over memory would.
enum PaddingWorld: World {
    static let name = "padding"
    static var parts: Parts {
        Number.self
        Holed.self
        Digest.self
    }
    static func start(_ turn: inout Turn) { fill(&turn) }

    enum Digest: System {
        static var writes: [any Component.Type] { [Number.self] }

        static func run(_ turn: inout Turn) {
            turn.each { (number: inout Number) in
                // What lay in this memory before differs from run to run, as addresses do.
                unsafe withUnsafeTemporaryAllocation(of: Holed.self, capacity: 1) { place in
                    unsafe dirty(UnsafeMutableRawPointer(place.baseAddress!))
                    unsafe place[0].small = 1
                    unsafe place[0].large = number.value
                    let bytes = unsafe UnsafeRawBufferPointer(start: place.baseAddress!, count: MemoryLayout<Holed>.size)
                    number.value = hash64(unsafe Array(bytes))
                }
            }
        }

        /// Writes an address to the stack, as any earlier call might.
        @inline(never) private static func dirty(_ place: UnsafeMutableRawPointer) {
            unsafe place.storeBytes(of: UInt64(UInt(bitPattern: place)), as: UInt64.self)
        }
    }
}
