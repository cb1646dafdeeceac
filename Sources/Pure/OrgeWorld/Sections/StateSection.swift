import OrgeImage
import OrgeSchema

/// The kinds of state that an engine has. All state is in one of them: hash, image and restoring are switches over this list, so a new kind cannot
/// be left out of either.
enum StateSection: Equatable, Sendable {
    /// Number, seed and tick.
    case world
    /// The allocator of entities.
    case entities
    /// Avatars and names by account.
    case accounts
    /// Idempotency keys of applied commands.
    case keys
    /// The rows of one component, by column.
    case rows(Int)
    /// Sessions that are in the world.
    case presences

    private enum Kind: CaseIterable {
        case world, entities, accounts, keys, rows, presences
    }

    /// All sections of a world, in the order in which an image has them: what others refer to comes first.
    static func all(_ schema: WorldSchema) -> [StateSection] {
        Kind.allCases.flatMap { kind -> [StateSection] in
            switch kind {
            case .world: [.world]
            case .entities: [.entities]
            case .accounts: [.accounts]
            case .keys: [.keys]
            case .rows: schema.components.indices.map { .rows($0) }
            case .presences: [.presences]
            }
        }
    }

    /// Which hash covers it.
    var fold: StateFold {
        switch self {
        case .world, .entities, .accounts, .keys, .rows: .world
        case .presences: .host
        }
    }

    /// How an image describes it.
    func described(_ schema: WorldSchema) -> ImageSection {
        switch self {
        case .world: ImageSection("world", format: WorldRecord.format)
        case .entities: ImageSection("entities", format: EntityRecord.format)
        case .accounts: ImageSection("accounts", format: AccountRecord.format)
        case .keys: ImageSection("keys", format: KeyRecord.format)
        case .rows(let id): .rows(of: schema.components[id].name, format: RowPage.format, layout: schema.components[id].row)
        case .presences: ImageSection("presences", format: PresenceRecord.format)
        }
    }
}

/// The two hashes that cover all state.
package enum StateFold: Sendable {
    /// What the world is: it never depends on edges, connections or sessions.
    case world
    /// What the host keeps for clients and edges.
    case host
}

/// A section with what never changes of it.
struct SectionEntry: Sendable {
    let section: StateSection
    let description: ImageSection
    /// Of the name: equal contents of two sections have different hashes.
    private let nameHash: UInt64

    init(_ section: StateSection, _ schema: WorldSchema) {
        self.section = section
        description = section.described(schema)
        nameHash = hash64(description.name.utf8)
    }

    /// The hash of the section.
    /// - Parameter content: the hash of its contents.
    func hash(_ content: UInt64) -> UInt64 { mix64(fold64(nameHash, content)) }

    static func all(_ schema: WorldSchema) -> ContiguousArray<SectionEntry> {
        ContiguousArray(StateSection.all(schema).map { SectionEntry($0, schema) })
    }
}
