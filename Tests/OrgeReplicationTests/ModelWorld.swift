import OrgeReplication
import OrgeSchema

/// The schema of the tests' world. Component ids have a gap where the server-only one is.
enum TestSchema {
    static let position: UInt16 = 0
    static let name: UInt16 = 1
    static let purse: UInt16 = 3
    static let deed: UInt16 = 4
    static let lease: UInt16 = 5

    static func make(hasPlaces: Bool) -> WorldSchema {
        var schema = WorldSchema(name: "test", version: 1, tickMicroseconds: 50_000)
        var owner = FieldConstraint()
        owner.isOwner = true
        schema.components = [
            .init(id: 0, name: "Position", visibility: .everyone, fields: [.init("x", .scalar(.i32)), .init("y", .scalar(.f32))]),
            .init(id: 1, name: "Name", visibility: .everyone, fields: [.init("text", .text(capacity: 12))]),
            .init(id: 2, name: "Secret", visibility: .server, fields: [.init("n", .scalar(.u8))]),
            .init(id: 3, name: "Purse", visibility: .owner, fields: [.init("coins", .scalar(.u16))]),
            .init(id: 4, name: "Deed", visibility: .everyone, fields: [.init("kind", .scalar(.u8)), .init("owner", .scalar(.entity), owner)]),
            .init(id: 5, name: "Lease", visibility: .owner, fields: [.init("holder", .scalar(.entity), owner)]),
        ]
        if hasPlaces { schema.position = .init(component: 0, x: 0, y: 1, inner: 20, outer: 30) }
        return schema
    }
}

/// A world as plain as can be: what a replica and its views are compared with.
struct ModelWorld {
    var random: RandomSource
    let schema: WorldSchema
    var rows: [Entity: [UInt16: [UInt8]]] = [:]
    var living: [Entity] = []
    var generations: [UInt32] = []
    var tick: UInt64 = 0

    init(seed: UInt64, hasPlaces: Bool) {
        random = RandomSource(seed: seed)
        schema = TestSchema.make(hasPlaces: hasPlaces)
    }

    /// Avatars among other entities, each with a place, after tick 1.
    static func populated(seed: UInt64, hasPlaces: Bool) -> (ModelWorld, avatars: [Entity]) {
        var model = ModelWorld(seed: seed, hasPlaces: hasPlaces)
        let avatars = (0..<4).map { _ in model.spawn() }
        for _ in 0..<20 { _ = model.spawn() }
        for entity in model.living { model.setRandomRow(entity, TestSchema.position) }
        model.tick = 1
        return (model, avatars)
    }

    mutating func spawn() -> Entity {
        let free = generations.indices.filter { slot in !living.contains { $0.slot == slot } }
        let slot = free.isEmpty || random.chance(1, outOf: 3) ? generations.count : free[random.below(free.count)]
        if slot == generations.count { generations.append(0) }
        generations[slot] += 1
        let entity = Entity(world: 5, generation: generations[slot], slot: UInt32(slot))
        living.append(entity)
        rows[entity] = [:]
        return entity
    }

    mutating func randomRow(_ component: UInt16) -> [UInt8] {
        var writer = ByteWriter()
        switch component {
        case TestSchema.position:
            writer.u32(UInt32(bitPattern: Int32(random.within(-60...60))))
            writer.u32(Float(random.within(-60...60)).bitPattern)
        case TestSchema.name: writer.shortText(String(repeating: "n", count: random.below(13)))
        case TestSchema.purse: writer.u16(UInt16(random.below(3)))
        default:
            if component == TestSchema.deed { writer.u8(UInt8(random.below(2))) }
            writer.entity(random.chance(1, outOf: 6) ? .none : living[random.below(living.count)])
        }
        return writer.bytes
    }

    mutating func setRandomRow(_ entity: Entity, _ component: UInt16) {
        let row = randomRow(component)
        rows[entity]?[component] = row
    }

    /// Changes something, sometimes nothing.
    mutating func step(keeping avatars: [Entity]) {
        tick += 1
        for _ in 0..<random.below(12) {
            let entity = living[random.below(living.count)]
            let component = [TestSchema.position, TestSchema.position, TestSchema.name, TestSchema.purse, TestSchema.deed, TestSchema.lease][random.below(6)]
            switch random.below(10) {
            case 0: _ = spawn()
            case 1 where !avatars.contains(entity) || random.chance(1, outOf: 20):
                living.removeAll { $0 == entity }
                rows[entity] = nil
                if living.isEmpty { _ = spawn() }
            case 2: rows[entity]?[component] = nil
            default: setRandomRow(entity, component)
            }
        }
    }

    // MARK: Visibility

    func isOwned(_ entity: Entity, by avatar: Entity) -> Bool {
        if avatar.isNone || entity == avatar { return !avatar.isNone }
        return [(TestSchema.deed, 1), (TestSchema.lease, 0)].contains { component, offset in
            rows[entity]?[component].map { Entity(raw: $0[offset...].reduce(0) { $0 << 8 | UInt64($1) }) } == avatar
        }
    }

    func place(_ entity: Entity) -> (x: Double, y: Double)? {
        guard let row = rows[entity]?[TestSchema.position] else { return nil }
        let x = Int32(bitPattern: row[..<4].reduce(0) { $0 << 8 | UInt32($1) })
        return (Double(x), Double(Float(bitPattern: row[4...].reduce(0) { $0 << 8 | UInt32($1) })))
    }

    func isWithin(_ radius: Double, _ avatar: Entity, _ entity: Entity) -> Bool {
        guard let a = place(avatar), let b = place(entity) else { return false }
        return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) <= radius * radius
    }

    /// Whether a client must and may have the entity in view.
    func interest(_ avatar: Entity, _ entity: Entity) -> (must: Bool, may: Bool) {
        if avatar.isNone || isOwned(entity, by: avatar) { return (true, true) }
        guard let position = schema.position else { return (false, false) }
        return (isWithin(position.inner, avatar, entity), isWithin(position.outer, avatar, entity))
    }

    func visibleRows(_ avatar: Entity, _ entity: Entity) -> [UInt16: [UInt8]] {
        let isOwner = isOwned(entity, by: avatar)
        return (rows[entity] ?? [:]).filter { ![TestSchema.purse, TestSchema.lease].contains($0.key) || isOwner }
    }
}

extension Replica {
    /// Applies the difference between two states of the model, as a release would bring it.
    mutating func apply(from old: ModelWorld, to new: ModelWorld) {
        begin(new.tick)
        for entity in old.rows.keys.sorted() where new.rows[entity] == nil { remove(entity) }
        for entity in old.rows.keys.sorted() {
            guard let rows = new.rows[entity] else { continue }
            for component in old.rows[entity, default: [:]].keys.sorted() where rows[component] == nil { unset(entity, component) }
        }
        for entity in new.rows.keys.sorted() {
            for (component, row) in new.rows[entity, default: [:]].sorted(by: { $0.key < $1.key }) where old.rows[entity]?[component] != row {
                set(entity, component, [9] + row, at: 1, count: row.count)
            }
        }
        end()
    }

    mutating func applyImage(of model: ModelWorld) {
        beginImage(model.tick)
        for entity in model.rows.keys.sorted() {
            for (component, row) in model.rows[entity, default: [:]].sorted(by: { $0.key < $1.key }) { set(entity, component, row, at: 0, count: row.count) }
        }
        endImage()
    }
}
