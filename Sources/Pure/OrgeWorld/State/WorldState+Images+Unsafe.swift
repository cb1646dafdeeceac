import OrgeSchema

/// Starting and ending the reading of an image.
extension WorldState {
    /// Freezes the state for a reader: from now on the world may change, and the reader still finds what is there now.
    /// - Parameter poolBytes: what copies of changed pages may take; nil for as much as the state itself.
    /// - Precondition: no other image is being read, and no row is dirty.
    /// - Complexity: O(columns).
    mutating func beginImage(poolBytes: Int?) -> FrozenState {
        precondition(!isImageOpen, "an image inside another")
        isImageOpen = true
        imageEpoch += 1
        let rowBytes = (0..<columnCount).reduce(0) { unsafe $0 + columns[$1].pageCount * columns[$1].pages.pageBytes }
        let stateBytes = rowBytes + entities.frozenBytes + accounts.frozenBytes + keys.frozenBytes
        // Pointers in constants: the thread sanitizer of Swift 6.3 breaks the compiler over a change through a pointer that is a property.
        let pool = unsafe pool
        let keyTable = unsafe keyTable
        unsafe pool.pointee.begin(byteLimit: min(poolBytes ?? .max, stateBytes))
        var frozen: [FrozenColumn] = []
        for id in 0..<columnCount {
            frozen.append(unsafe FrozenColumn(pages: columns[id].pages.begin(imageEpoch), stride: columns[id].stride, plan: plans[id]))
        }
        return FrozenState(
            entities: entities.beginImage(imageEpoch), accounts: accounts.beginImage(imageEpoch), keys: unsafe keyTable.pointee.beginImage(imageEpoch),
            columns: frozen)
    }

    /// - Precondition: the reader has stopped, at the end of the image or before.
    mutating func endImage() {
        precondition(isImageOpen, "no image is being read")
        isImageOpen = false
        for id in 0..<columnCount { unsafe columns[id].pages.end() }
        entities.endImage()
        accounts.endImage()
        let pool = unsafe pool
        let keyTable = unsafe keyTable
        unsafe keyTable.pointee.endImage()
        unsafe pool.pointee.end()
    }

    /// Whether the image that is being read can no longer be completed, because the pool is used up.
    var isImageLost: Bool { unsafe isImageOpen && pool.pointee.isExhausted }

    /// Pages that were copied for the image that is being read, or for the last one.
    var imageCopyCount: Int { unsafe pool.pointee.copyCount }
}
