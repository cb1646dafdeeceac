public import OrgeSchema

/// What a query's body may do beyond the rows in its hands. Changes are put off to the query's end, in order.
@safe public struct Visit: ~Copyable {
    @usableFromInline let core: UnsafeMutablePointer<Core>
    /// The entity whose rows are in hand.
    public internal(set) var entity: Entity
    private var draws: RandomSource?

    @usableFromInline init(_ core: UnsafeMutablePointer<Core>) {
        unsafe self.core = core
        entity = .none
    }

    @usableFromInline mutating func move(to slot: Int) {
        entity = unsafe core.pointee.entities.entity(at: slot)
        draws = nil
    }

    /// 64 random bits that follow from seed, tick, system, entity and number of the draw.
    public mutating func random() -> UInt64 {
        withDraws { $0.next() }
    }

    /// - Precondition: the range is not empty.
    public mutating func random(in range: ClosedRange<Int>) -> Int {
        withDraws { $0.within(range) }
    }

    private mutating func withDraws<R>(_ draw: (inout RandomSource) -> R) -> R {
        var source = draws ?? RandomSource(seed: unsafe fold64(core.pointee.drawSeed, entity.raw))
        defer { draws = source }
        return draw(&source)
    }

    /// Entities within `radius` of a point as they were when the query began, the border included.
    public func near(_ x: Double, _ y: Double, radius: Double) -> [Entity] { unsafe core.pointee.near(x, y, radius) }

    /// Another entity's component as it is now.
    public func find<C: Component>(_ other: Entity, _: C.Type = C.self) -> C? {
        let turn = unsafe Turn(core, avatar: .none, drawSeed: 0)
        return turn.find(other, C.self)
    }

    /// Writes or adds a component when the query ends.
    public mutating func set<C: Component>(_ other: Entity, _ value: C) {
        let column = unsafe Turn(core, avatar: .none, drawSeed: 0).column(writing: C.self)
        unsafe withUnsafeBytes(of: value) { bytes in
            guard let row = bytes.baseAddress else { return }
            unsafe core.pointee.deferred.logSet(column: UInt16(column), entity: other, row: row, size: MemoryLayout<C>.size)
        }
    }

    /// Takes a component away when the query ends.
    public mutating func remove<C: Component>(_ other: Entity, _: C.Type) {
        let column = unsafe Turn(core, avatar: .none, drawSeed: 0).column(writing: C.self)
        unsafe core.pointee.deferred.log(.remove, column: UInt16(column), entity: other)
    }

    /// Takes an entity away when the query ends.
    public mutating func despawn(_ other: Entity) { unsafe core.pointee.deferred.log(.despawn, entity: other) }

    /// A new entity; it has its name at once and its components when the query ends.
    /// - Returns: nil when the world is full.
    public mutating func spawn() -> Entity? { unsafe core.pointee.spawn() }

    /// Tells what happened.
    public mutating func emit<E: Event>(_ event: E, to audience: Audience) {
        var turn = unsafe Turn(core, avatar: .none, drawSeed: 0)
        turn.emit(event, to: audience)
    }
}

/// One pass over the entities that have all of some columns.
@safe @usableFromInline struct Scan {
    @usableFromInline let core: UnsafeMutablePointer<Core>
    @usableFromInline let first: Column
    @usableFromInline let second: Column
    @usableFromInline let third: Column
    @usableFromInline let writes: (Int, Int, Int)

    /// Columns by number; one that is named twice is one condition. `writes` are the numbers of those whose rows the body may change, or -1.
    @usableFromInline init(_ core: UnsafeMutablePointer<Core>, _ first: Int, _ second: Int, _ third: Int, writes: (Int, Int, Int)) {
        precondition(unsafe !core.pointee.isQuerying, "a query inside another")
        unsafe core.pointee.refreshGrid()
        unsafe core.pointee.isQuerying = true
        unsafe self.core = core
        unsafe self.first = core.pointee.columns[first]
        unsafe self.second = core.pointee.columns[second]
        unsafe self.third = core.pointee.columns[third]
        self.writes = writes
    }

    @usableFromInline func end() {
        unsafe core.pointee.isQuerying = false
        for column in [writes.0, writes.1, writes.2] where column >= 0 { unsafe core.pointee.columns[column].version &+= 1 }
        unsafe core.pointee.applyDeferred()
    }

    /// Keeps the rows of a word for undo, when a transaction runs.
    @usableFromInline func keep(_ column: Int, page: Int, word: Int, bits: UInt64) {
        unsafe core.pointee.keep(column, page: page, word: word, bits: bits)
    }

    /// Calls for each match with its page, its place in the page, and its slot.
    @inlinable @inline(__always)
    func run(_ visit: (_ page: Int, _ place: Int) -> Void) {
        let isLogging = unsafe core.pointee.isLogging
        let pages = min(first.pageCount, second.pageCount, third.pageCount)
        for page in 0..<pages {
            let (a, b, c) = unsafe (first.presence(page), second.presence(page), third.presence(page))
            for word in 0..<Column.wordsPerPage {
                var bits = unsafe a[word] & b[word] & c[word]
                if bits == 0 { continue }
                mark(page, word, bits, isLogging)
                let start = word * 64
                if bits == .max {
                    for place in start..<start + 64 { visit(page, place) }
                } else {
                    while bits != 0 {
                        visit(page, start + bits.trailingZeroBitCount)
                        bits &= bits - 1
                    }
                }
            }
        }
        end()
    }

    @inlinable @inline(__always)
    func mark(_ page: Int, _ word: Int, _ bits: UInt64, _ isLogging: Bool) {
        if isLogging {
            if writes.0 >= 0 { keep(writes.0, page: page, word: word, bits: bits) }
            if writes.1 >= 0 { keep(writes.1, page: page, word: word, bits: bits) }
            if writes.2 >= 0 { keep(writes.2, page: page, word: word, bits: bits) }
        }
        if writes.0 >= 0 { first.markDirty(page: page, word: word, bits: bits) }
        if writes.1 >= 0 { second.markDirty(page: page, word: word, bits: bits) }
        if writes.2 >= 0 { third.markDirty(page: page, word: word, bits: bits) }
    }
}

extension Column {
    /// The row at a place of a page.
    @inlinable @inline(__always)
    func pointer<C: Component>(_: C.Type, _ page: Int, _ place: Int) -> UnsafeMutablePointer<C> {
        unsafe (base + page * pageBytes + Self.headBytes).assumingMemoryBound(to: C.self) + place
    }
}

extension Core {
    mutating func keep(_ column: Int, page: Int, word: Int, bits: UInt64) {
        var bits = bits
        while bits != 0 {
            let slot = page * Column.rowsPerPage + word * 64 + bits.trailingZeroBitCount
            bits &= bits - 1
            unsafe undo.log(
                .wrote, column: UInt16(column), entity: entities.entity(at: slot), row: columns[column].row(slot), stride: columns[column].stride)
        }
    }
}
