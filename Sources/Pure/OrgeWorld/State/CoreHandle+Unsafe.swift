import OrgeSchema

/// Where a world's ``Core`` lies. The engine makes it and frees it; turns, visits and scans borrow it for one call and cannot be kept.
@safe @usableFromInline struct CoreHandle {
    @usableFromInline let pointer: UnsafeMutablePointer<Core>

    init(_ core: consuming Core) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: core)
    }

    func free() {
        unsafe pointer.pointee.free()
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    /// The state in place, by address as `pointee` has it. One thread owns it, and what is reached through it is not kept.
    @inlinable var state: Core {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
    }
}
