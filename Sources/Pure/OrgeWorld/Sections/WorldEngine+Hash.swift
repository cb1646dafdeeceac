import OrgeSchema

/// Hashes of the state: folds over its sections.
extension WorldEngine {
    /// The hash of the world's state: rows, entities, accounts, keys, seed, tick. It depends only on the content, not on its history, and not on
    /// sessions.
    package var stateHash: UInt64 { hash(of: .world, over: sections) }

    /// The hash of what the engine keeps for sessions.
    package var presenceHash: UInt64 { hash(of: .host, over: sections) }

    /// A sum, so that the order of sections, which follows that of registration, has no influence.
    func hash(of fold: StateFold, over sections: ContiguousArray<SectionEntry>) -> UInt64 {
        var sum: UInt64 = 0
        for entry in sections where entry.section.fold == fold { sum &+= hash(entry) }
        return mix64(sum)
    }

    func hash(_ entry: SectionEntry) -> UInt64 { entry.hash(contentHash(entry.section)) }

    /// The hash of a section's contents: kept up to date with each change, so that reading it costs nothing.
    private func contentHash(_ section: StateSection) -> UInt64 {
        switch section {
        case .world: fold64(fold64(UInt64(worldNumber), seed), tick)
        case .entities: core.state.entities.hash
        case .accounts: core.state.accounts.hash
        case .keys: core.state.keys.hash
        case .rows(let id): core.state.rowsHashes[id]
        case .presences: presencesHash
        }
    }
}
