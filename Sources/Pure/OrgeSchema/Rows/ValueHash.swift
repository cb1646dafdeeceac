/// The hash by which two sides compare one visible row in an audit: FNV-1a over the component's id and the row's bytes.
///
/// Clients in any language compute it, so it is a simple and widely known hash rather than a fast one.
public struct ValueHash: Sendable {
    @usableFromInline static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
    @usableFromInline static let prime: UInt64 = 0x100_0000_01b3

    public private(set) var value: UInt64 = Self.offsetBasis

    public init(component: UInt16) {
        add(UInt8(truncatingIfNeeded: component >> 8))
        add(UInt8(truncatingIfNeeded: component))
    }

    public mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* Self.prime }

    /// The hash of a canonical row.
    public static func of(component: UInt16, row: some Sequence<UInt8>) -> UInt64 {
        var hash = ValueHash(component: component)
        for byte in row { hash.add(byte) }
        return hash.value
    }
}
