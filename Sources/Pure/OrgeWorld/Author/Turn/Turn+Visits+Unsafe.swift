/// The same queries with a ``Visit`` as the body's first argument.
///
/// The body changes copies, which are written back when it returns: through the visit it can also read the row that it is changing, which
/// would otherwise be an overlapping access whose result depends on the build.
extension Turn {
    /// Visits every entity that has an `A`, which may be changed.
    @inlinable
    public mutating func each<A: Component>(_ body: (inout Visit, inout A) -> Void) {
        let a = column(writing: A.self)
        let scan = Scan(core, a, a, a, writes: (a, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            scan.first.change(A.self, page, place) { a in body(&visit, &a) }
        }
    }

    /// Visits every entity that has an `A`.
    @inlinable
    public mutating func each<A: Component>(_ body: (inout Visit, A) -> Void) {
        let a = column(reading: A.self)
        let scan = Scan(core, a, a, a, writes: (-1, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            unsafe body(&visit, scan.first.pointer(A.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A` and `B`, both of which may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (inout Visit, inout A, inout B) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let scan = Scan(core, a, b, b, writes: (a, b, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            scan.first.change(A.self, page, place) { a in
                scan.second.change(B.self, page, place) { b in body(&visit, &a, &b) }
            }
        }
    }

    /// Visits every entity that has an `A` and `B`; `A` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (inout Visit, inout A, B) -> Void) {
        let a = column(writing: A.self)
        let b = column(reading: B.self)
        let scan = Scan(core, a, b, b, writes: (a, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            let b = unsafe scan.second.pointer(B.self, page, place).pointee
            scan.first.change(A.self, page, place) { a in body(&visit, &a, b) }
        }
    }

    /// Visits every entity that has an `A` and `B`.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (inout Visit, A, B) -> Void) {
        let a = column(reading: A.self)
        let b = column(reading: B.self)
        let scan = Scan(core, a, b, b, writes: (-1, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            unsafe body(&visit, scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`, all of which may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout Visit, inout A, inout B, inout C) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let c = column(writing: C.self)
        let scan = Scan(core, a, b, c, writes: (a, b, c))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            scan.first.change(A.self, page, place) { a in
                scan.second.change(B.self, page, place) { b in
                    scan.third.change(C.self, page, place) { c in body(&visit, &a, &b, &c) }
                }
            }
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`; `A` and `B` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout Visit, inout A, inout B, C) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (a, b, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            let c = unsafe scan.third.pointer(C.self, page, place).pointee
            scan.first.change(A.self, page, place) { a in
                scan.second.change(B.self, page, place) { b in body(&visit, &a, &b, c) }
            }
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`; `A` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout Visit, inout A, B, C) -> Void) {
        let a = column(writing: A.self)
        let b = column(reading: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (a, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            let b = unsafe scan.second.pointer(B.self, page, place).pointee
            let c = unsafe scan.third.pointer(C.self, page, place).pointee
            scan.first.change(A.self, page, place) { a in body(&visit, &a, b, c) }
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout Visit, A, B, C) -> Void) {
        let a = column(reading: A.self)
        let b = column(reading: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (-1, -1, -1))
        var visit = Visit(core)
        scan.run { page, place in
            visit.move(to: page * Column.rowsPerPage + place)
            unsafe body(
                &visit, scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee,
                scan.third.pointer(C.self, page, place).pointee)
        }
    }
}
