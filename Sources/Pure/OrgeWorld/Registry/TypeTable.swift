/// Finds the number of a registered type by its identity, without a dictionary: open addressing over metatype addresses.
///
/// Addresses differ from run to run, but the table is never iterated, so nothing depends on them.
@usableFromInline struct TypeTable {
    @usableFromInline var keys: ContiguousArray<UInt> = ContiguousArray(repeating: 0, count: 16)
    @usableFromInline var numbers: ContiguousArray<Int> = ContiguousArray(repeating: -1, count: 16)
    private var count = 0

    init() {}

    @usableFromInline static func key(_ type: Any.Type) -> UInt { UInt(bitPattern: ObjectIdentifier(type)) }

    @inlinable @inline(__always)
    func number(_ key: UInt) -> Int? {
        let mask = keys.count - 1
        var index = Int(truncatingIfNeeded: key >> 4) & mask
        while keys[index] != key {
            if keys[index] == 0 { return nil }
            index = (index + 1) & mask
        }
        return numbers[index]
    }

    mutating func insert(_ type: Any.Type, _ number: Int) {
        if (count + 1) * 2 > keys.count { grow() }
        place(Self.key(type), number)
        count += 1
    }

    private mutating func place(_ key: UInt, _ number: Int) {
        let mask = keys.count - 1
        var index = Int(truncatingIfNeeded: key >> 4) & mask
        while keys[index] != 0 { index = (index + 1) & mask }
        keys[index] = key
        numbers[index] = number
    }

    private mutating func grow() {
        let (oldKeys, oldNumbers) = (keys, numbers)
        keys = ContiguousArray(repeating: 0, count: oldKeys.count * 2)
        numbers = ContiguousArray(repeating: -1, count: oldKeys.count * 2)
        for (key, number) in zip(oldKeys, oldNumbers) where key != 0 { place(key, number) }
    }
}
