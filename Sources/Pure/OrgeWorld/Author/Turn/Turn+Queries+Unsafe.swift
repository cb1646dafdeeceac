/// Queries: `turn.each { (place: inout Position, speed: Velocity) in … }` visits, in order of slots, every entity that has all the named
/// components; `inout` components may be changed. A body with a ``Visit`` as its first parameter may also search, draw, spawn and despawn.
///
/// Structural changes are deferred to the end of the query. A query inside another traps. The overloads are written out one by one: parameter
/// packs do not specialise with this compiler, and a row would cost ten times as much.
/// - Complexity: O(pages) plus the matches.
extension Turn {
    /// Visits every entity that has an `A`, which may be changed.
    @inlinable
    public mutating func each<A: Component>(_ body: (inout A) -> Void) {
        let a = column(writing: A.self)
        let scan = Scan(core, a, a, a, writes: (a, -1, -1))
        scan.run { page, place in
            unsafe body(&scan.first.pointer(A.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`.
    @inlinable
    public mutating func each<A: Component>(_ body: (A) -> Void) {
        let a = column(reading: A.self)
        let scan = Scan(core, a, a, a, writes: (-1, -1, -1))
        scan.run { page, place in
            unsafe body(scan.first.pointer(A.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A` and `B`, both of which may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (inout A, inout B) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let scan = Scan(core, a, b, b, writes: (a, b, -1))
        scan.run { page, place in
            unsafe body(&scan.first.pointer(A.self, page, place).pointee, &scan.second.pointer(B.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A` and `B`; `A` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (inout A, B) -> Void) {
        let a = column(writing: A.self)
        let b = column(reading: B.self)
        let scan = Scan(core, a, b, b, writes: (a, -1, -1))
        scan.run { page, place in
            unsafe body(&scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A` and `B`.
    @inlinable
    public mutating func each<A: Component, B: Component>(_ body: (A, B) -> Void) {
        let a = column(reading: A.self)
        let b = column(reading: B.self)
        let scan = Scan(core, a, b, b, writes: (-1, -1, -1))
        scan.run { page, place in
            unsafe body(scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`, all of which may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout A, inout B, inout C) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let c = column(writing: C.self)
        let scan = Scan(core, a, b, c, writes: (a, b, c))
        scan.run { page, place in
            unsafe body(
                &scan.first.pointer(A.self, page, place).pointee, &scan.second.pointer(B.self, page, place).pointee,
                &scan.third.pointer(C.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`; `A` and `B` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout A, inout B, C) -> Void) {
        let a = column(writing: A.self)
        let b = column(writing: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (a, b, -1))
        scan.run { page, place in
            unsafe body(
                &scan.first.pointer(A.self, page, place).pointee, &scan.second.pointer(B.self, page, place).pointee,
                scan.third.pointer(C.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`; `A` may be changed.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (inout A, B, C) -> Void) {
        let a = column(writing: A.self)
        let b = column(reading: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (a, -1, -1))
        scan.run { page, place in
            unsafe body(
                &scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee,
                scan.third.pointer(C.self, page, place).pointee)
        }
    }

    /// Visits every entity that has an `A`, `B` and `C`.
    @inlinable
    public mutating func each<A: Component, B: Component, C: Component>(_ body: (A, B, C) -> Void) {
        let a = column(reading: A.self)
        let b = column(reading: B.self)
        let c = column(reading: C.self)
        let scan = Scan(core, a, b, c, writes: (-1, -1, -1))
        scan.run { page, place in
            unsafe body(
                scan.first.pointer(A.self, page, place).pointee, scan.second.pointer(B.self, page, place).pointee,
                scan.third.pointer(C.self, page, place).pointee)
        }
    }
}
