import OrgeSchema

extension Registry {
    /// - Throws: the first mistake in the world's declaration.
    init<W: World>(checking _: W.Type) throws(AuthorFault) {
        try demandOfAuthor(isWorldName(W.name), "\"\(W.name)\" is no name for a world: 1 to 32 of a-z 0-9 - _")
        if case .fixed(let hertz) = W.pace { try demandOfAuthor((1...1_000).contains(hertz), "\(hertz) ticks a second; a pace has 1 to 1000") }
        try demandOfAuthor((1...Entity.slotLimit).contains(W.entityLimit), "\(W.entityLimit) entities; a world has room for 1 to \(Entity.slotLimit)")
        if let fault = W.faultPolicy.fault { throw AuthorFault("faultPolicy: \(fault)") }
        try demandOfAuthor(
            (0...3_600).contains(W.outcomeMemorySeconds), "outcomes remembered for \(W.outcomeMemorySeconds) s; a world remembers them for 0 to 3600 s")
        self.init(schema: WorldSchema(name: W.name, version: W.version, tickMicroseconds: W.pace.tickMicroseconds))
        for part in W.parts.entries {
            site = part.site
            do throws(AuthorFault) { try part.add(&self) } catch { throw error.at(part.site) }
        }
        try declareSystems()
        try W.keyMemory?.check(W.pace, readsUTC: W.readsUTC)
        keyMemory = W.keyMemory
        try checkResults()
        // Edges decode the document with the same checks and could not serve a world whose document they reject.
        do throws(DecodeError) {
            _ = try WorldSchema(decoding: schema.encoded())
        } catch {
            throw AuthorFault("no client can be told the schema of \(W.name): \(error)")
        }
    }

    /// - Precondition: the declaration is valid; the message names the mistake.
    init<W: World>(_ world: W.Type) {
        do throws(AuthorFault) { try self.init(checking: world) } catch { trapForAuthor("\(error)") }
    }
}

/// Whether the name is safe as a folder's name: no character has a meaning in a path or a shell.
package func isWorldName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
        && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f }
}
