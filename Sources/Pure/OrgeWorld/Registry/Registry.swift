import OrgeImage
import OrgeSchema

/// The parts of a world, numbered in order of registration, after the checks that the compiler cannot make.
struct Registry {
    struct SystemEntry {
        var name: String
        var site: DeclarationSite?
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
    var keyMemory: KeyMemory?
    /// Of each component, in the same order.
    private(set) var migrationTargets: [MigrationTarget] = []
    var worldMigrations: [DeclaredWorldMigration] = []
    /// Of the part that is being added.
    var site: DeclarationSite?
    /// What has been added, to find what is listed twice.
    private var listed: [ObjectIdentifier] = []
    /// The types that the list of parts names and those of the commands' results, as `String(reflecting:)` writes them.
    private(set) var typeNames: [String] = []
    /// The components that the list of parts names, also those that could not be added: what depends on one of these is no second mistake.
    private var named: [ObjectIdentifier] = []

    init(schema: WorldSchema) { self.schema = schema }

    /// The part that a world's state is built from.
    var stateLayout: StateLayout {
        StateLayout(
            schema: schema, components: components, componentTypes: componentTypes, events: events, eventTypes: eventTypes, keyMemory: keyMemory,
            resultBytes: keyMemory == nil ? 0 : longestResultBytes)
    }

    private var longestResultBytes: Int { commands.map { $0.resultPlan?.layout.maxBytes ?? 0 }.max() ?? 0 }

    /// A key is remembered with its command's result, for which its place must have room.
    func checkResults(_ faults: inout AuthorFaults) {
        guard keyMemory != nil else { return }
        for command in commands {
            let bytes = command.resultPlan?.layout.maxBytes ?? 0
            faults.demand(
                bytes <= KeyRecord.resultLimit,
                "keyMemory: the result of \(command.name) may have \(bytes) bytes; a world that remembers keys has results of at most \(KeyRecord.resultLimit)")
        }
    }

    /// Notes what each system reads and writes, once all components are known.
    mutating func declareSystems(_ faults: inout AuthorFaults) {
        for index in systems.indices {
            let system = systems[index]
            for type in system.reads + system.writes where !named.contains(ObjectIdentifier(type)) {
                faults.demand(false, "system \(system.name) declares \(type), which is not among the world's parts", at: system.site)
            }
            systems[index].writeMask = mask(system.writes)
            systems[index].readMask = mask(system.reads) | systems[index].writeMask
        }
    }

    mutating func add<C: Component>(component: C.Type) throws(AuthorFault) {
        named.append(ObjectIdentifier(C.self))
        try demandOfAuthor(components.count < WorldSchema.componentLimit, "more than \(WorldSchema.componentLimit) components")
        try demandNew("component", C.self, C.name, among: schema.components.map(\.name))
        let plan = try RowPlan(checking: C.self, rules: C.fields)
        let id = UInt16(components.count)
        if plan.layout.fields.contains(where: \.constraint.isOwner) {
            try demandOfAuthor(plan.layout.ownerOffset != nil, "the owner field of \(C.name) must stand before texts and lists")
            try demandOfAuthor(C.visibility != .server, "\(C.name) names an owner, which the edge must be able to read")
        }
        let target = try MigrationTarget(C.self, plan)
        componentTypes.insert(C.self, components.count)
        components.append(ComponentEntry(plan: plan, visibility: C.visibility, stride: max(1, MemoryLayout<C>.stride)))
        migrationTargets.append(target)
        schema.components.append(.init(id: id, name: C.name, visibility: C.visibility, fields: plan.layout.fields))
    }

    mutating func add<I: Intent>(intent: I.Type) throws(AuthorFault) {
        try add(component: I.self)
        schema.intents.append(.init(id: UInt16(schema.intents.count), component: UInt16(components.count - 1)))
    }

    mutating func add<E: Event>(event: E.Type) throws(AuthorFault) {
        try demandNew("event", E.self, E.name, among: schema.events.map(\.name))
        let plan = try RowPlan(checking: E.self, rules: E.fields)
        eventTypes.insert(E.self, events.count)
        schema.events.append(.init(id: UInt16(events.count), name: E.name, fields: plan.layout.fields, isReliable: E.isReliable))
        events.append(EventEntry(plan: plan, isReliable: E.isReliable))
    }

    mutating func add<S: System>(system: S.Type) throws(AuthorFault) {
        try demandNew("system", S.self, S.name, among: systems.map(\.name))
        try demandOfAuthor(S.period >= 1, "system \(S.name) has a period below one tick")
        systems.append(
            SystemEntry(name: S.name, site: site, period: UInt64(S.period), reads: S.reads, writes: S.writes, run: { turn in S.run(&turn) }))
    }

    mutating func add<C: Command>(command: C.Type, result: RowPlan?, run: @escaping CommandRun) throws(AuthorFault) {
        try demandNew("command", C.self, C.name, among: schema.commands.map(\.name))
        try demandOfAuthor((1...1_000).contains(C.cost), "\(C.name) costs \(C.cost) units, outside 1...1000")
        let plan = try RowPlan(checking: C.self, rules: C.fields)
        schema.commands.append(
            .init(
                id: UInt16(commands.count), name: C.name, fields: plan.layout.fields, result: result?.layout.fields ?? [], weight: C.weight, cost: C.cost))
        commands.append(CommandEntry(run: run, name: C.name, plan: plan, resultPlan: result))
        typeNames.append(String(reflecting: C.Result.self))
    }

    mutating func add<Place: Component, Number: CoordinateType>(sight: Sight<Place, Number>) throws(AuthorFault) {
        try demandOfAuthor(schema.position == nil, "a world has one sight")
        try demandOfAuthor(sight.inner > 0 && sight.inner <= sight.outer, "the radii of sight are out of order: \(sight.inner), \(sight.outer)")
        guard let id = componentTypes.number(TypeTable.key(Place.self)) else {
            if named.contains(ObjectIdentifier(Place.self)) { return }
            throw AuthorFault("Sight comes after its component: list \(Place.self) before it among the world's parts")
        }
        try demandOfAuthor(Place.visibility == .everyone, "the visibility of \(Place.self) must be everyone, because Sight reads positions from it")
        schema.position = .init(
            component: UInt16(id), x: try coordinate(sight.x, of: id), y: try coordinate(sight.y, of: id), inner: sight.inner, outer: sight.outer)
    }

    private func coordinate<Place: Component, Number: CoordinateType>(_ path: KeyPath<Place, Number>, of component: Int) throws(AuthorFault) -> UInt16 {
        let offset = MemoryLayout<Place>.offset(of: path)
        let plan = components[component].plan
        guard let index = plan.layout.fields.indices.first(where: { plan.memoryOffset(ofField: $0) == offset }) else {
            throw AuthorFault("Sight names no field of \(Place.name)")
        }
        try demandOfAuthor(plan.layout.fixedOffset(ofField: index) != nil, "position fields must stand before texts and lists")
        return UInt16(index)
    }

    private mutating func demandNew(_ what: String, _ type: Any.Type, _ name: String, among names: [String]) throws(AuthorFault) {
        try demandOfAuthor(!listed.contains(ObjectIdentifier(type)), "\(what) \(type) is registered twice")
        try demandOfAuthor(!names.contains(name), "\(what) \(type) has the name \"\(name)\" of another \(what)")
        listed.append(ObjectIdentifier(type))
        typeNames.append(String(reflecting: type))
    }

    /// One bit for each of the components that were added.
    private func mask(_ types: [any Component.Type]) -> UInt64 {
        types.reduce(0) { mask, type in mask | (componentTypes.number(TypeTable.key(type)).map { 1 << UInt64($0) } ?? 0) }
    }
}
