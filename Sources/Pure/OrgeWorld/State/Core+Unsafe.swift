import OrgeImage
import OrgeSchema

/// A world's state and what a tick works with, in one piece of memory that is reached through a pointer.
///
/// A pointer and not a class: dynamic exclusivity checks and reference counts on each row cost several times the work itself.
@safe @usableFromInline struct Core: ~Copyable {
    let seed: UInt64
    @usableFromInline var tick: UInt64 = 0
    /// Milliseconds since 1970, as the sealed batch says.
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
    var entities: EntityTable
    var undo = UndoLog()
    @usableFromInline var isLogging = false
    var deferred = DeferredLog()
    var isQuerying = false
    /// The query that runs writes positions: searches find them as they were when it began.
    var holdsPlaces = false
    /// Avatars by account, in a world that keeps them for everybody who ever came: there may be millions. Part of the state, and of the hash.
    private var accounts: NameTable
    var accountsHash: UInt64 = 0
    var outbox = Outbox()
    var despawned: ContiguousArray<Entity> = []
    /// Whether a tick yields all that changed, and what it has changed beside rows.
    var isFollowed = false
    var followed = StateChanges()
    let position: PositionReader?
    var grid: Grid?
    var dirtyPage = DirtyPage()
    /// Changed rows of the tick that ends.
    var rowBytes = RowBuffer()
    /// Components that the running code may read and write: all for transactions, the declared ones for systems.
    @usableFromInline var readMask: UInt64 = .max
    @usableFromInline var writeMask: UInt64 = .max
    var running = ""
    /// What draws inside a query follow from: the turn's seed, moved on by each query that begins.
    var drawSeed: UInt64 = 0
    /// For each column the sum of its rows' hashes as of the last tick's end, and what a row's hash starts from: it follows from the component's name.
    var rowsHashes: ContiguousArray<UInt64>
    let rowSeeds: ContiguousArray<UInt64>

    init(registry: Registry, world: UInt16, seed: UInt64) {
        self.seed = seed
        accounts = NameTable(seed: seed)
        columnCount = registry.components.count
        unsafe columns = .allocate(capacity: max(1, columnCount))
        for (id, component) in registry.components.enumerated() {
            let isIndexed = registry.schema.position?.component == UInt16(id)
            unsafe (columns + id).initialize(to: Column(stride: component.stride, isIndexed: isIndexed))
        }
        types = registry.componentTypes
        plans = ContiguousArray(registry.components.map(\.plan))
        visibilities = ContiguousArray(registry.components.map(\.visibility))
        rowsHashes = ContiguousArray(repeating: 0, count: columnCount)
        rowSeeds = ContiguousArray(registry.schema.components.map { hash64($0.name.utf8, seed: 0x0c01_0000) })
        eventPlans = ContiguousArray(registry.events.map(\.plan))
        eventReliability = ContiguousArray(registry.events.map(\.isReliable))
        eventTypes = registry.eventTypes
        entities = EntityTable(world: world)
        let position = registry.schema.position.map { ($0, PositionReader($0, plan: registry.components[Int($0.component)].plan)) }
        self.position = position?.1
        grid = position.map { Grid($0, $1) }
    }

    /// No deinitialiser: one that is not inlinable crashes this compiler where the handle is inlined.
    func free() {
        for id in 0..<columnCount { unsafe columns[id].free() }
        unsafe columns.deallocate()
        undo.free()
        dirtyPage.free()
        rowBytes.free()
    }
}

/// Rows by column and entity. Everything that changes state goes through these few.
extension Core {
    /// The row, for reading.
    @usableFromInline func rowIfPresent(_ column: Int, _ entity: Entity) -> UnsafeRawPointer? {
        guard entities.isAlive(entity), unsafe columns[column].has(Int(entity.slot)) else { return nil }
        return unsafe UnsafeRawPointer(columns[column].row(Int(entity.slot)))
    }

    /// Writes or adds a row.
    /// - Precondition: the entity lives.
    mutating func set(_ column: Int, _ entity: Entity, _ value: UnsafeRawPointer, size: Int) {
        let slot = Int(entity.slot)
        let stride = unsafe columns[column].stride
        if unsafe columns[column].has(slot) {
            let row = unsafe columns[column].row(slot)
            if isLogging { unsafe undo.log(.wrote, column: UInt16(column), entity: entity, row: row, stride: stride) }
            unsafe row.copyMemory(from: value, byteCount: size)
            unsafe columns[column].markDirty(slot)
        } else {
            if isLogging { undo.log(.added, column: UInt16(column), entity: entity) }
            unsafe columns[column].reach(entity.slot)
            unsafe columns[column].row(slot).initializeMemory(as: UInt8.self, repeating: 0, count: stride)
            unsafe columns[column].row(slot).copyMemory(from: value, byteCount: size)
            unsafe columns[column].setPresent(slot, true)
        }
    }

    /// Takes a row away, if there is one.
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

    /// Takes an entity and all its rows away.
    /// - Returns: false when it does not live.
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

    var accountCount: Int { accounts.count }

    /// - Precondition: `index < accountCount`.
    func account(at index: Int) -> AccountRecord {
        let entry = accounts.entry(at: index)
        return AccountRecord(name: entry.name, avatar: Entity(raw: entry.number))
    }

    /// What the account was given last, whether or not it still lives.
    func avatar(of account: String) -> Entity? { accounts[account].map(Entity.init(raw:)) }

    /// Nothing takes this back: an arrival is told of when its transaction can fail no more.
    mutating func setAvatar(of account: String, to avatar: Entity?) {
        func hash(_ avatar: Entity) -> UInt64 { mix64(fold64(hash64(account.utf8, seed: 0xacc0), avatar.raw)) }
        if let old = self.avatar(of: account) { accountsHash &-= hash(old) }
        if let avatar { accountsHash &+= hash(avatar) }
        accounts[account] = avatar?.raw
        if isFollowed { followed.accounts.append(.init(account: account, avatar: avatar)) }
    }

    /// Does what a query's body put off.
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
