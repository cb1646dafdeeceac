import OrgeSchema

extension Registry {
    /// - Throws: the first mistake in the world's declaration.
    init<W: World>(checking world: W.Type) throws(AuthorFault) {
        var faults = AuthorFaults()
        self = Registry(world, &faults)
        if let first = faults.all.first { throw first }
    }

    /// Registers what can be registered, and collects every mistake in the world's declaration. Only without one is the registry whole.
    init<W: World>(_: W.Type, _ faults: inout AuthorFaults) {
        Self.checkValues(W.self, &faults)
        self.init(schema: WorldSchema(name: W.name, version: W.version, tickMicroseconds: W.pace.tickMicroseconds))
        for part in W.parts.entries {
            site = part.site
            faults.collect(at: part.site) { () throws(AuthorFault) in try part.add(&self) }
        }
        declareSystems(&faults)
        faults.collect { () throws(AuthorFault) in try W.keyMemory?.check(W.pace, readsUTC: W.readsUTC) }
        keyMemory = W.keyMemory
        add(W.migrations, &faults)
        checkResults(&faults)
        if faults.all.isEmpty { faults.collect { () throws(AuthorFault) in try checkDocument() } }
    }

    private static func checkValues<W: World>(_: W.Type, _ faults: inout AuthorFaults) {
        faults.demand(isWorldName(W.name), "\"\(W.name)\" is no name for a world: 1 to 32 of a-z 0-9 - _")
        if case .fixed(let hertz) = W.pace { faults.demand((1...1_000).contains(hertz), "\(hertz) ticks a second; a pace has 1 to 1000") }
        faults.demand((1...Entity.slotLimit).contains(W.entityLimit), "\(W.entityLimit) entities; a world has room for 1 to \(Entity.slotLimit)")
        if let fault = W.faultPolicy.fault { faults.demand(false, "faultPolicy: \(fault)") }
        faults.demand(
            (0...3_600).contains(W.outcomeMemorySeconds), "outcomes remembered for \(W.outcomeMemorySeconds) s; a world remembers them for 0 to 3600 s")
    }

    /// Edges decode the document with the same checks and could not serve a world whose document they reject.
    private func checkDocument() throws(AuthorFault) {
        do throws(DecodeError) {
            _ = try WorldSchema(decoding: schema.encoded())
        } catch {
            throw AuthorFault("no client can be told the schema of \(schema.name): \(error)")
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
