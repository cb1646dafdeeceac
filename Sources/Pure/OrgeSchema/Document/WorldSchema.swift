/// The description of a world for programs without its code: enough to read, check, generate and show its rows.
public struct WorldSchema: Equatable, Sendable {
    public struct Component: Equatable, Sendable {
        public var id: UInt16
        public var name: String
        public var visibility: Visibility
        public var row: RowLayout

        public init(id: UInt16, name: String, visibility: Visibility, fields: [FieldSchema]) {
            self.id = id
            self.name = name
            self.visibility = visibility
            self.row = RowLayout(fields)
        }
    }

    public struct Command: Equatable, Sendable {
        public var id: UInt16
        public var name: String
        public var row: RowLayout
        /// The result of an applied command; most have no fields.
        public var result: RowLayout
        /// How often a generator draws it, against the others' weights; 0 for never.
        public var weight: UInt16
        /// Units of its sender's share of a pass that one such command uses up when a tick is sealed.
        public var cost: UInt16

        public init(id: UInt16, name: String, fields: [FieldSchema], result: [FieldSchema], weight: UInt16, cost: UInt16) {
            self.id = id
            self.name = name
            self.row = RowLayout(fields)
            self.result = RowLayout(result)
            self.weight = weight
            self.cost = cost
        }
    }

    /// An intent: a component of the avatar that the avatar's client writes.
    public struct Intent: Equatable, Sendable {
        public var id: UInt16
        public var component: UInt16

        public init(id: UInt16, component: UInt16) {
            self.id = id
            self.component = component
        }
    }

    public struct Event: Equatable, Sendable {
        public var id: UInt16
        public var name: String
        public var row: RowLayout
        /// Kept until it is delivered; an event that is not reliable may be dropped for a slow reader.
        public var isReliable: Bool

        public init(id: UInt16, name: String, fields: [FieldSchema], isReliable: Bool) {
            self.id = id
            self.name = name
            self.row = RowLayout(fields)
            self.isReliable = isReliable
        }
    }

    /// The component that holds positions, and how far a client sees from its avatar's.
    public struct Position: Equatable, Sendable {
        public var component: UInt16
        /// Indices of the two fields in the component's row.
        public var x: UInt16
        public var y: UInt16
        /// A row comes into view at this distance or nearer, in the fields' unit.
        public var inner: Double
        /// A row leaves the view beyond this distance. Between the two it stays as it was, so that rows do not flicker at the border.
        public var outer: Double

        public init(component: UInt16, x: UInt16, y: UInt16, inner: Double, outer: Double) {
            self.component = component
            self.x = x
            self.y = y
            self.inner = inner
            self.outer = outer
        }
    }

    public var name: String
    public var version: UInt16
    /// Microseconds of a tick; 0 where ticks have no fixed length.
    public var tickMicroseconds: UInt32
    public var position: Position?
    public var components: [Component]
    public var commands: [Command]
    public var intents: [Intent]
    public var events: [Event]

    public init(name: String, version: UInt16, tickMicroseconds: UInt32, position: Position? = nil) {
        self.name = name
        self.version = version
        self.tickMicroseconds = tickMicroseconds
        self.position = position
        components = []
        commands = []
        intents = []
        events = []
    }

    /// Ids count up from 0 in order of registration, so an id is an index. Ids of components that a client may not see are missing in its view.
    public func component(_ id: UInt16) -> Component? { components.first { $0.id == id } }
    public func command(_ id: UInt16) -> Command? { Int(id) < commands.count ? commands[Int(id)] : nil }
    public func intent(_ id: UInt16) -> Intent? { Int(id) < intents.count ? intents[Int(id)] : nil }
    public func event(_ id: UInt16) -> Event? { Int(id) < events.count ? events[Int(id)] : nil }
    public func command(named name: String) -> Command? { commands.first { $0.name == name } }
    public func component(named name: String) -> Component? { components.first { $0.name == name } }

    /// The schema without server-only components; an intent's component stays, because a client writes it.
    public var clientView: WorldSchema {
        var view = self
        view.components.removeAll { component in
            component.visibility == .server && !intents.contains { $0.component == component.id }
        }
        if let position, view.component(position.component) == nil { view.position = nil }
        return view
    }

    /// Identifies this schema: equal schemas have equal hashes on every machine.
    public var hash: UInt64 { hash64(encoded()) }
}
