import OrgeSchema

/// The parts of a world, numbered in order of registration, after the checks that the compiler cannot make.
struct Registry {
    struct ComponentEntry {
        var plan: RowPlan
        var visibility: Visibility
        var stride: Int
    }

    struct EventEntry {
        var plan: RowPlan
        var isReliable: Bool
    }

    struct SystemEntry {
        var name: String
        var period: UInt64
        var reads: [any Component.Type]
        var writes: [any Component.Type]
        /// The components that it may read, and those that it may write: one bit each.
        var readMask: UInt64 = 0
        var writeMask: UInt64 = 0
        var run: (inout Turn) -> Void
    }

    private(set) var schema: WorldSchema
    private(set) var components: [ComponentEntry] = []
    private(set) var componentTypes = TypeTable()
    private(set) var commands: [CommandEntry] = []
    private(set) var events: [EventEntry] = []
    private(set) var eventTypes = TypeTable()
    private(set) var systems: [SystemEntry] = []

    init<W: World>(_: W.Type) {
        demandOfAuthor(isWorldName(W.name), "\"\(W.name)\" is no name for a world: 1 to 32 of a-z 0-9 - _")
        if case .fixed(let hertz) = W.pace { demandOfAuthor((1...1_000).contains(hertz), "\(hertz) ticks a second; a pace has 1 to 1000") }
        demandOfAuthor((1...Entity.slotLimit).contains(W.entityLimit), "\(W.entityLimit) entities; a world has room for 1 to \(Entity.slotLimit)")
        schema = WorldSchema(name: W.name, version: W.version, tickMicroseconds: W.pace.tickMicroseconds)
        for register in W.parts.register { register(&self) }
        for index in systems.indices {
            let system = systems[index]
            for type in system.reads + system.writes {
                let isPart = componentTypes.number(TypeTable.key(type)) != nil
                demandOfAuthor(isPart, "system \(system.name) declares \(type), which is not among the world's parts")
            }
            systems[index].writeMask = mask(system.writes)
            systems[index].readMask = mask(system.reads) | systems[index].writeMask
        }
        // Edges decode the document with the same checks and could not serve a world whose document they reject.
        do throws(DecodeError) {
            _ = try WorldSchema(decoding: schema.encoded())
        } catch {
            authorFault("no client can be told the schema of \(W.name): \(error)")
        }
    }

    mutating func add<C: Component>(component: C.Type) {
        demandOfAuthor(components.count < WorldSchema.componentLimit, "more than \(WorldSchema.componentLimit) components")
        demandNew(C.name, among: schema.components.map(\.name))
        let plan = RowPlan(C.self, rules: C.fields)
        let id = UInt16(components.count)
        if plan.layout.fields.contains(where: \.constraint.isOwner) {
            demandOfAuthor(plan.layout.ownerOffset != nil, "the owner field of \(C.name) must stand before texts and lists")
            demandOfAuthor(C.visibility != .server, "\(C.name) names an owner, which the edge must be able to read")
        }
        componentTypes.insert(C.self, components.count)
        components.append(ComponentEntry(plan: plan, visibility: C.visibility, stride: max(1, MemoryLayout<C>.stride)))
        schema.components.append(.init(id: id, name: C.name, visibility: C.visibility, fields: plan.layout.fields))
    }

    mutating func add<I: Intent>(intent: I.Type) {
        add(component: I.self)
        schema.intents.append(.init(id: UInt16(schema.intents.count), component: UInt16(components.count - 1)))
    }

    mutating func add<E: Event>(event: E.Type) {
        demandNew(E.name, among: schema.events.map(\.name))
        let plan = RowPlan(E.self, rules: E.fields)
        eventTypes.insert(E.self, events.count)
        schema.events.append(.init(id: UInt16(events.count), name: E.name, fields: plan.layout.fields, isReliable: E.isReliable))
        events.append(EventEntry(plan: plan, isReliable: E.isReliable))
    }

    mutating func add<S: System>(system: S.Type) {
        demandNew(S.name, among: systems.map(\.name))
        demandOfAuthor(S.period >= 1, "system \(S.name) has a period below one tick")
        systems.append(
            SystemEntry(name: S.name, period: UInt64(S.period), reads: S.reads, writes: S.writes, run: { turn in S.run(&turn) }))
    }

    mutating func add<C: Command>(command: C.Type, result: RowPlan?, run: @escaping CommandRun) {
        demandNew(C.name, among: schema.commands.map(\.name))
        demandOfAuthor((1...1_000).contains(C.cost), "\(C.name) costs \(C.cost) units, outside 1...1000")
        let plan = RowPlan(C.self, rules: C.fields)
        schema.commands.append(
            .init(
                id: UInt16(commands.count), name: C.name, fields: plan.layout.fields, result: result?.layout.fields ?? [], weight: C.weight, cost: C.cost))
        commands.append(CommandEntry(run: run, name: C.name, plan: plan, resultPlan: result))
    }

    mutating func add<Place: Component, Number: ScalarType>(sight: Sight<Place, Number>) {
        demandOfAuthor(schema.position == nil, "a world has one sight")
        guard let id = componentTypes.number(TypeTable.key(Place.self)) else {
            authorFault("Sight comes after its component: list \(Place.self) before it among the world's parts")
        }
        demandOfAuthor(Place.visibility == .everyone, "the visibility of \(Place.self) must be everyone, because Sight reads positions from it")
        func index(_ path: KeyPath<Place, Number>) -> UInt16 {
            let offset = MemoryLayout<Place>.offset(of: path)
            let plan = components[id].plan
            guard let index = plan.layout.fields.indices.first(where: { plan.memoryOffset(ofField: $0) == offset }) else {
                authorFault("Sight names no field of \(Place.name)")
            }
            demandOfAuthor(plan.layout.fixedOffset(ofField: index) != nil, "position fields must stand before texts and lists")
            return UInt16(index)
        }
        schema.position = .init(component: UInt16(id), x: index(sight.x), y: index(sight.y), inner: sight.inner, outer: sight.outer)
    }

    private func demandNew(_ name: String, among names: [String]) {
        demandOfAuthor(!names.contains(name), "two parts are named \(name)")
    }

    /// One bit for each of the components.
    private func mask(_ types: [any Component.Type]) -> UInt64 {
        types.reduce(0) { mask, type in mask | componentTypes.number(TypeTable.key(type)).map { 1 << UInt64($0) }! }
    }
}

/// Whether the name is safe as a folder's name: no character has a meaning in a path or a shell.
package func isWorldName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
        && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f }
}
