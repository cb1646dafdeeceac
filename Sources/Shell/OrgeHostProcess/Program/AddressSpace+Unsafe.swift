import Glibc
import OrgeWorld

/// Whether the system grants the address space that a world reserves for its rows.
enum AddressSpace {
    /// Reserves all of it at once as an engine does, and gives it back.
    /// - Throws: one sentence with the component that has no room, and what to do.
    static func check(_ reservations: [RowReservation]) throws(ProgramFailure) { try check(reservations[...]) }

    /// As deep as a world has components, at most 64: each block stays until the others are there too.
    private static func check(_ reservations: ArraySlice<RowReservation>) throws(ProgramFailure) {
        guard let first = reservations.first else { return }
        guard let base = unsafe mmap(nil, first.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), unsafe base != MAP_FAILED else {
            throw ProgramFailure(message: refusal(of: first, errno))
        }
        defer { unsafe munmap(base, first.byteCount) }
        try check(reservations.dropFirst())
    }

    private static func refusal(of reservation: RowReservation, _ code: Int32) -> String {
        """
        the system grants no address space for the rows of \(reservation.component): \(reservation.byteCount >> 20) MiB \
        for \(reservation.entityLimit) entities of \(reservation.rowBytes) bytes (errno \(code)); \
        declare fewer entities in the world (entityLimit), or raise the limit (ulimit -v, vm.overcommit_memory)
        """
    }
}
