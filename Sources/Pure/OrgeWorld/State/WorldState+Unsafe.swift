import OrgeImage
import OrgeSchema

/// A world's state and the working memory of a tick, reached through a pointer.
///
/// Not a class: dynamic exclusivity checks and reference counts on each row cost several times the work itself.
@safe @usableFromInline struct WorldState: ~Copyable {
    let seed: UInt64
    @usableFromInline var tick: UInt64 = 0
    /// Milliseconds since 1970, from the sealed batch.
    @usableFromInline var utc: UInt64 = 0
    var readsUTC = false
    @usableFromInline var columns: UnsafeMutablePointer<Column>
    @usableFromInline let columnCount: Int
    @usableFromInline var types: TypeTable
    /// Plans and visibility of the components, by id.
    let plans: ContiguousArray<RowPlan>
    let visibilities: ContiguousArray<Visibility>
    let eventPlans: ContiguousArray<RowPlan>
    @usableFromInline let eventTypes: TypeTable
    let eventReliability: ContiguousArray<Bool>
    @usableFromInline var entities: EntityTable
    var undo = UndoLog()
    @usableFromInline var isLogging = false
    var deferred = DeferredChanges()
    var isQuerying = false
    /// The running query writes positions: searches use the positions from before it.
    var holdsPlaces = false
    var heldPlaces = HeldRows()
    /// Avatars and names by account; millions in a world that keeps the avatar of every account that ever joined. Part of the state and of its hash.
    var accounts: AccountTable
    /// Behind a pointer: the optimiser copies this struct for accesses to rows, so what rows do not need must not lie in it.
    let keyTable: UnsafeMutablePointer<KeyTable>
    /// Copies of pages for the image that is being read.
    let pool: UnsafeMutablePointer<PagePool>
    var imageEpoch: UInt32 = 0
    var isImageOpen = false
    var outbox = Outbox()
    var despawned: ContiguousArray<Entity> = []
    /// Whether a tick yields all that changed, and what it has changed beside rows.
    var isFollowed = false
    var followed = StateChanges()
    let position: PositionReader?
    var grid: Grid?
    var dirtyPage = DirtyPage()
    /// The changed rows of the tick that is ending.
    var rowBytes = RowBuffer()
    /// Bits of the components that the running code may read and write: all in transactions, the declared ones in systems.
    @usableFromInline var readMask: UInt64 = .max
    @usableFromInline var writeMask: UInt64 = .max
    var running = ""
    /// Where the entity that is being visited is noted, while a tick is examined.
    let flight: FlightSlot
    var isExamined = false { didSet { scansSlowly = isExamined || !setAside.isEmpty } }
    /// Slots of entities that the running system does not visit, ascending.
    var setAside: ContiguousArray<Int> = [] { didSet { scansSlowly = isExamined || !setAside.isEmpty } }
    /// Queries look at each match: for an examination, or because some are set aside.
    @usableFromInline var scansSlowly = false
    /// The seed of draws inside queries: the turn's seed, advanced at the start of each query.
    var drawSeed: UInt64 = 0
    /// By column: the sum of its rows' hashes at the end of the last tick, and the seed of a row's hash, which follows from the component's name.
    var rowsHashes: ContiguousArray<UInt64>
    let rowSeeds: ContiguousArray<UInt64>

    init(layout: StateLayout, world: UInt16, seed: UInt64, entityLimit: Int, flight: FlightSlot) {
        self.seed = seed
        self.flight = flight
        unsafe pool = .allocate(capacity: 1)
        unsafe pool.initialize(to: PagePool())
        unsafe accounts = AccountTable(seed: seed, limit: entityLimit, pool: pool)
        unsafe keyTable = .allocate(capacity: 1)
        unsafe keyTable.initialize(to: KeyTable(layout.keyMemory, resultBytes: layout.resultBytes, seed: seed, pool: pool))
        unsafe entities = EntityTable(world: world, limit: entityLimit, pool: pool)
        columnCount = layout.components.count
        unsafe columns = .allocate(capacity: max(1, columnCount))
        for (id, component) in layout.components.enumerated() {
            let isIndexed = layout.schema.position?.component == UInt16(id)
            unsafe (columns + id).initialize(
                to: Column(stride: component.stride, isIndexed: isIndexed, entityLimit: entityLimit, pool: pool))
        }
        types = layout.componentTypes
        plans = ContiguousArray(layout.components.map(\.plan))
        visibilities = ContiguousArray(layout.components.map(\.visibility))
        rowsHashes = ContiguousArray(repeating: 0, count: columnCount)
        rowSeeds = ContiguousArray(layout.schema.components.map { hash64($0.name.utf8, seed: 0x0c01_0000) })
        eventPlans = ContiguousArray(layout.events.map(\.plan))
        eventReliability = ContiguousArray(layout.events.map(\.isReliable))
        eventTypes = layout.eventTypes
        let position = layout.schema.position.map { ($0, PositionReader($0, plan: layout.components[Int($0.component)].plan)) }
        self.position = position?.1
        grid = position.map { Grid($0, $1) }
    }

    /// Idempotency keys of applied commands. Part of the state and of its hash.
    ///
    /// It is changed through a constant that holds the pointer: the thread sanitizer of Swift 6.3 breaks the compiler over a change through a property's.
    var keys: KeyTable { unsafeAddress { unsafe UnsafePointer(keyTable) } }

    /// Not a deinitialiser: a non-inlinable one crashes this compiler where the handle is inlined.
    /// - Precondition: no thread reads an image.
    func free() {
        for id in 0..<columnCount { unsafe columns[id].free() }
        unsafe columns.deallocate()
        entities.free()
        accounts.free()
        let keyTable = unsafe keyTable
        unsafe keyTable.pointee.free()
        unsafe keyTable.deinitialize(count: 1)
        unsafe keyTable.deallocate()
        unsafe pool.pointee.free()
        unsafe pool.deinitialize(count: 1)
        unsafe pool.deallocate()
        undo.free()
        dirtyPage.free()
        rowBytes.free()
        heldPlaces.free()
    }
}

/// Rows by column and entity. Every change of state goes through these functions.
extension WorldState {
    /// The row, for reading.
    @inline(__always)
    func rowIfPresent(_ column: Int, _ entity: Entity) -> UnsafeRawPointer? {
        guard entities.isAlive(entity), unsafe columns[column].has(Int(entity.slot)) else { return nil }
        return unsafe UnsafeRawPointer(columns[column].row(Int(entity.slot)))
    }

    /// Writes or adds a row.
    /// - Precondition: the entity is alive.
    mutating func set(_ column: Int, _ entity: Entity, _ value: UnsafeRawPointer, size: Int) {
        let slot = Int(entity.slot)
        let stride = unsafe columns[column].stride
        if unsafe columns[column].has(slot) {
            let row = unsafe columns[column].row(slot)
            if isLogging { unsafe undo.log(.wrote, column: UInt16(column), entity: entity, row: row, stride: stride) }
            unsafe columns[column].willWrite(slot)
            unsafe row.copyMemory(from: value, byteCount: size)
        } else {
            if isLogging { undo.log(.added, column: UInt16(column), entity: entity) }
            unsafe columns[column].reach(entity.slot)
            unsafe columns[column].setPresent(slot, true)
            unsafe columns[column].row(slot).initializeMemory(as: UInt8.self, repeating: 0, count: stride)
            unsafe columns[column].row(slot).copyMemory(from: value, byteCount: size)
        }
    }

    /// Writes or adds the row in `row`.
    mutating func set(_ column: Int, _ entity: Entity, _ row: RowMemory, size: Int) {
        unsafe set(column, entity, UnsafeRawPointer(row.base), size: size)
    }

    /// Removes a row, if there is one.
    mutating func remove(_ column: Int, _ entity: Entity) {
        let slot = Int(entity.slot)
        guard unsafe columns[column].has(slot) else { return }
        if isLogging {
            unsafe undo.log(.removed, column: UInt16(column), entity: entity, row: columns[column].row(slot), stride: columns[column].stride)
        }
        unsafe columns[column].setPresent(slot, false)
    }

    mutating func spawn() -> Entity? {
        guard let entity = entities.spawn() else { return nil }
        if isLogging { undo.log(.spawned, entity: entity) }
        if isFollowed { followed.entities.append(.spawned) }
        return entity
    }

    /// Removes an entity and all its rows.
    /// - Returns: false when it is not alive.
    @discardableResult
    mutating func despawn(_ entity: Entity) -> Bool {
        guard entities.isAlive(entity) else { return false }
        for column in 0..<columnCount { remove(column, entity) }
        entities.despawn(entity)
        if isLogging { undo.log(.despawned, entity: entity) }
        despawned.append(entity)
        if isFollowed { followed.entities.append(.despawned(slot: entity.slot)) }
        return true
    }

    /// The avatar that the account was given last, alive or not.
    func avatar(of account: AccountID) -> Entity? { accounts.avatar(of: account) }

    /// Not undone by a rollback: it is called when the arrival's transaction can no longer fail.
    mutating func setAccount(_ record: AccountRecord) {
        accounts.set(record)
        if isFollowed { followed.accounts.append(.arrived(record)) }
    }

    mutating func forgetAccount(_ account: AccountID) {
        accounts.remove(account)
        if isFollowed { followed.accounts.append(.forgotten(account)) }
    }

    /// Not undone by a rollback: it is called when the command has been applied.
    mutating func rememberKey(_ record: KeyRecord) {
        let keyTable = unsafe keyTable
        unsafe keyTable.pointee.append(record)
        if isFollowed { followed.keys.append(.remembered(record)) }
    }

    mutating func forgetOldestKey() {
        let keyTable = unsafe keyTable
        unsafe keyTable.pointee.removeOldest()
        if isFollowed { followed.keys.append(.forgottenOldest) }
    }

    /// Applies the changes that a query's body deferred.
    mutating func applyDeferred() {
        guard !deferred.isEmpty else { return }
        let put = deferred
        deferred.removeAll()
        for operation in put.operations where entities.isAlive(operation.entity) {
            switch operation.tag {
            case .set:
                let column = Int(operation.column)
                unsafe put.withRow(of: operation) { row in unsafe set(column, operation.entity, row, size: plans[column].size) }
            case .remove: remove(Int(operation.column), operation.entity)
            case .despawn: despawn(operation.entity)
            }
        }
    }
}
