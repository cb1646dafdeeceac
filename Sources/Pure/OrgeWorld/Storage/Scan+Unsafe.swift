import OrgeSchema

/// One pass over the entities that have all of some columns.
@safe @usableFromInline struct Scan {
    @usableFromInline let core: StateHandle
    @usableFromInline let first: Column
    @usableFromInline let second: Column
    @usableFromInline let third: Column
    @usableFromInline let writes: (Int, Int, Int)
    /// Whether each match is looked at (``WorldState/scansSlowly``).
    @usableFromInline let isSlow: Bool

    /// - Parameters:
    ///   - first: the number of a column; a column may be named twice.
    ///   - writes: the numbers of the columns whose rows the body may change, or -1.
    @usableFromInline init(_ core: StateHandle, _ first: Int, _ second: Int, _ third: Int, writes: (Int, Int, Int)) {
        let isTwice = writes.0 >= 0 && (writes.0 == writes.1 || writes.0 == writes.2) || writes.1 >= 0 && writes.1 == writes.2
        if isTwice { trapForAuthor("a query takes one component `inout` twice") }
        core.state.beginQuery(writes)
        self.core = core
        unsafe self.first = core.state.columns[first]
        unsafe self.second = core.state.columns[second]
        unsafe self.third = core.state.columns[third]
        self.writes = writes
        isSlow = core.state.scansSlowly
    }

    @usableFromInline func end() { core.state.endQuery() }

    /// Logs the rows of a word for undo.
    @usableFromInline func keep(_ column: Int, page: Int, word: Int, bits: UInt64) {
        core.state.keep(column, page: page, word: word, bits: bits)
    }

    /// Calls for each match with its page and its place in the page. Consecutive words of 64 matches are walked as one range.
    @inlinable @inline(__always)
    func run(_ visit: (_ page: Int, _ place: Int) -> Void) {
        let isLogging = core.state.isLogging
        let pages = min(first.pageCount, second.pageCount, third.pageCount)
        for page in 0..<pages {
            var isPrepared = false
            var word = 0
            while word < Column.wordsPerPage {
                var bits = matches(page, word)
                let start = word * 64
                if isSlow { bits = core.state.matchesToVisit(page, word, bits) }
                word += 1
                if bits == 0 { continue }
                if !isPrepared {
                    willWrite(page)
                    isPrepared = true
                }
                mark(page, word - 1, bits, isLogging)
                if bits == .max, !isSlow {
                    while word < Column.wordsPerPage, matches(page, word) == .max {
                        mark(page, word, .max, isLogging)
                        word += 1
                    }
                    for place in start..<word * 64 { visit(page, place) }
                } else {
                    while bits != 0 {
                        if isSlow { core.state.willVisit(page, start + bits.trailingZeroBitCount) }
                        visit(page, start + bits.trailingZeroBitCount)
                        bits &= bits - 1
                    }
                }
            }
        }
        end()
    }

    @inlinable @inline(__always)
    func matches(_ page: Int, _ word: Int) -> UInt64 {
        unsafe first.presence(page)[word] & second.presence(page)[word] & third.presence(page)[word]
    }

    /// Prepares the page of each column whose rows the body may change.
    @inlinable @inline(__always)
    func willWrite(_ page: Int) {
        if writes.0 >= 0 { first.pages.willWrite(page) }
        if writes.1 >= 0 { second.pages.willWrite(page) }
        if writes.2 >= 0 { third.pages.willWrite(page) }
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
        unsafe (pages.page(page) + Self.headBytes).assumingMemoryBound(to: C.self) + place
    }

    /// Calls `body` with a copy of the row and writes the copy back.
    @inlinable @inline(__always)
    func change<C: Component>(_: C.Type, _ page: Int, _ place: Int, _ body: (inout C) -> Void) {
        let row = unsafe pointer(C.self, page, place)
        var copy = unsafe row.pointee
        body(&copy)
        unsafe row.pointee = copy
    }
}

extension WorldState {
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
