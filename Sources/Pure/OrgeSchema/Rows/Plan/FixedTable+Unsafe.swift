/// An immutable table of plain values, read through a pointer: without reference counting, which would dominate the cost of a row.
///
/// The owner calls ``free()``.
// SAFETY: nothing writes to the memory after `init`, and the owner frees it only when no reader is left.
@safe struct FixedTable<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: some Collection<Element>) {
        count = elements.count
        unsafe base = .allocate(capacity: max(1, count))
        for (index, element) in elements.enumerated() { unsafe (base + index).initialize(to: element) }
    }

    func free() { unsafe base.deallocate() }

    @inline(__always)
    subscript(index: Int) -> Element {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index outside a table")
        return unsafe base[index]
    }
}
