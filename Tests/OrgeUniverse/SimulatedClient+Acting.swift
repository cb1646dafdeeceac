import OrgeSchema

/// What a client does of its own accord.
extension SimulatedClient {
    func act() {
        later(universe.weather.between(50 * Weather.microsecond, patience)) { [self] in
            timePassed()
            if isCalm { finish() } else { doSomething() }
            act()
        }
    }

    private func doSomething() {
        guard isJoined else {
            if random.chance(1, outOf: 400) { drop() }
            return
        }
        switch random.below(64) {
        case 0: if random.chance(1, outOf: 8) { leave() }
        case 1: if random.chance(1, outOf: 8) { drop() }
        case 2...4: audit()
        case 5: if random.chance(1, outOf: 64), universe.settings.breakage == nil { kill() }
        case 6...20: intent()
        default: for _ in 0..<random.below(5) where manner != .monitor { command() }
        }
    }

    /// Nothing new; one last audit, once everything is answered.
    private func finish() {
        if isJoined, unansweredCount == 0, !isAudited { audit() }
    }

    private func intent() {
        guard manner != .monitor, !folder.world.schema.intents.isEmpty else { return }
        let intent = folder.world.schema.intents[random.below(folder.world.schema.intents.count)]
        self.intent(intent.id, generator.intent(intent))
    }

    private func command() {
        universe.show(&generator, of: folder.world)
        guard let command = generator.command() else { return }
        var payload = command.payload
        // Mostly small sums, so that money lasts; now and then well-formed and against a rule, which the world must refuse.
        if random.chance(15, outOf: 16), folder.world.name == "ledger" {
            payload.replaceSubrange(8..<12, with: [0, 0, 0, UInt8(1 + random.below(30))])
        }
        if random.chance(1, outOf: 12), folder.world.name == "ledger" {
            payload.replaceSubrange(8..<12, with: random.chance(1, outOf: 2) ? [0, 0, 0, 0] : [0, 9, 9, 9])
        }
        if universe.settings.isPoisoned, random.chance(1, outOf: 80) { PoisonedTransfer.poison(&payload) }
        if random.chance(1, outOf: 5), folder.world.name == "ledger" { return keyed(command.kind, payload) }
        _ = self.command(command.kind, payload)
    }

    /// With a key: a new one, or one that was used before, mostly for the same command. All clients draw from the same few keys.
    private func keyed(_ kind: UInt16, _ payload: [UInt8]) {
        if !keyed.isEmpty, random.chance(1, outOf: 2) {
            let old = keyed[random.below(keyed.count)]
            let isReuse = random.chance(1, outOf: 5)
            _ = command(old.kind, isReuse ? payload : old.payload, key: old.key)
            return
        }
        let key = IdempotencyKey(high: 7, low: UInt64(keyed.count))
        if command(kind, payload, key: key), keyed.count < 12 { keyed.append((key, kind, payload)) }
    }
}
