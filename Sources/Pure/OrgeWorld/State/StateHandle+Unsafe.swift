import OrgeSchema

/// A pointer to a world's ``WorldState``. The engine creates and frees it; turns, visits and scans borrow it for one call.
@safe @usableFromInline struct StateHandle {
    @usableFromInline let pointer: UnsafeMutablePointer<WorldState>

    init(_ core: consuming WorldState) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: core)
    }

    func free() {
        unsafe pointer.pointee.free()
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    /// The state in place. One thread owns it; references into it must not outlive the access.
    @inlinable var state: WorldState {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
    }
}
