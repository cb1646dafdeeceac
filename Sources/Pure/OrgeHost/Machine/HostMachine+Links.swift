import OrgeControl
import OrgeLink
import OrgeSchema
import OrgeWorld

/// The links to edges: hellos, what an edge is sent first, and the releases after that.
extension HostMachine {
    mutating func open(_ link: UInt64) {
        guard links.count < HostLimits.edges else {
            send(HostFrame.encode(refusedEdge: "this host has as many edges as it takes", world: worldNumber), to: link)
            return directives.append(.close(link: link, why: "too many edges"))
        }
        links[link] = EdgeLink()
    }

    /// Ends a link from our side.
    mutating func close(_ link: UInt64, _ why: String, _ now: UInt64) {
        guard links[link] != nil else { return }
        directives.append(.close(link: link, why: why))
        lost(link, now)
    }

    /// An edge whose process has ended does not come back: its sessions are detached, once everything that it sent has been read.
    mutating func learn(_ roster: EdgeRoster) {
        self.roster = roster
        for edge in edgeDeadlines.keys where roster.isGone(edge) { giveUpDead(edge) }
    }

    func isGone(_ edge: UInt64) -> Bool { roster?.isGone(edge) ?? false }

    /// A dead edge without sessions is sealed with the next tick that runs for another reason: after an orderly stop of the server a world on demand
    /// stays at its last tick.
    private mutating func giveUpDead(_ edge: UInt64) { giveUp(edge, isUrgent: !state.table.attached(through: edge).isEmpty) }

    mutating func giveUp(_ edge: UInt64, isUrgent: Bool) {
        edgeDeadlines[edge] = nil
        scopes.end(edge)
        waiting.giveUp(edge, isUrgent: isUrgent)
    }

    /// The edge may come back, with its sessions attached, until its deadline; unless its process has ended.
    mutating func lost(_ link: UInt64, _ now: UInt64) {
        guard let known = links[link] else { return }
        links[link] = nil
        guard let edge = known.edge, !hasLink(edge) else { return }
        if isGone(edge) { giveUpDead(edge) } else { edgeDeadlines[edge] = now + HostLimits.edgeGrace }
    }

    func hasLink(_ edge: UInt64) -> Bool { links.values.contains { $0.edge == edge } }

    mutating func greet(_ link: UInt64, _ hello: EdgeHello, _ now: UInt64) {
        if let refusal = refusal(of: hello, on: link) {
            send(HostFrame.encode(refusedEdge: refusal, world: worldNumber), to: link)
            return close(link, refusal, now)
        }
        for (other, known) in links where known.edge == hello.edgeID && other != link { close(other, "the edge has a newer link", now) }
        edgeDeadlines[hello.edgeID] = nil
        waiting.keep(hello.edgeID)
        let fork = fork(of: hello)
        // Of another timeline only what both share counts as held.
        let last = fork.map { min($0.sharedTick, hello.lastTick) } ?? hello.lastTick
        waiting.released(hello.edgeID, through: last)
        let resumes = fork == nil && last > 0 && last >= retained.before && continuesScope(hello, after: last)
        let answer = HostHello(
            world: schema.name, number: worldNumber, pace: state.engine.pace.kind, incarnation: settings.incarnation, tick: releasedTick,
            resumes: resumes, fork: fork, document: document)
        send(HostFrame.encode(answer), to: link)
        _ = links.update(link) { known in
            known.edge = hello.edgeID
            known.sent = last
            known.acknowledged = last
        }
        if !resumes {
            let sessions = fork == nil ? [] : [HostFrame.encode(heldSessions(of: hello.edgeID), world: worldNumber)]
            beginScope(hello)
            let frames = sessions + imageFrames(for: hello.edgeID, after: last, isFork: fork != nil)
            _ = links.update(link) { $0.image = EdgeLink.WaitingImage(tick: state.tick, frames: frames) }
        }
        pump(link, now)
    }

    private func refusal(of hello: EdgeHello, on link: UInt64) -> String? {
        if links[link]?.edge != nil { return "a second hello on one link" }
        if hello.version != LinkVersion.current { return "this host speaks link version \(LinkVersion.current), the edge \(hello.version)" }
        if hello.world != schema.name { return "this is the host of \(schema.name), and the edge wants \(hello.world)" }
        return nil
    }

    var worldNumber: UInt16 { state.engine.worldNumber }

    /// The edge's sessions after the last executed tick.
    private func heldSessions(of edge: UInt64) -> [HeldSession] {
        state.table.attached(through: edge).compactMap { state.table.session($0) }.map {
            HeldSession(attachment: $0.attachment.number, session: $0.number, avatar: $0.avatar, nextSequence: $0.window.highest + 1)
        }
    }

    /// Everything visible after the last executed tick, and what the edge was to be told since `last`.
    func imageFrames(for edge: UInt64, after last: UInt64, isFork: Bool) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        let interest = scopes.interest(of: edge)
        var writer = LinkImageWriter(world: worldNumber, tick: state.tick, chain: state.chain, isWhole: interest == nil)
        func set(_ entity: Entity, _ component: UInt16, _ row: [UInt8]) {
            if let full = writer.set(entity, component, row: row[...]) { frames.append(full) }
        }
        if let interest {
            interest.held.forEach { slot in
                guard let entity = state.engine.entity(at: slot) else { return }
                state.engine.forEachVisibleRow(of: entity) { set(entity, $0, $1) }
            }
        } else {
            state.engine.forEachVisibleRow(set)
        }
        for intent in state.table.consumedIntents(of: edge, after: last) {
            if let full = writer.consumed(intent) { frames.append(full) }
        }
        frames.append(writer.finish())
        for release in state.kept(for: edge, after: last, chain: { retained.chain(after: $0) ?? 0 }) {
            frames += release.encodedFrames(world: worldNumber)
        }
        // The edge waits for this release, also where the image is of the fork's own tick and there is nothing else to say.
        if isFork, last >= state.tick {
            frames += Release(ReleaseHead(tick: state.tick, chain: state.chain, utcMilliseconds: state.utcMilliseconds)).encodedFrames(world: worldNumber)
        }
        return frames
    }

    /// Sends a link what it lacks and has room for.
    mutating func pump(_ link: UInt64, _ now: UInt64) {
        guard let known = links[link], let edge = known.edge else { return }
        if let image = known.image {
            if image.followsReleases { sendReleases(to: edge, link, through: min(image.tick, releasedTick), now) }
            guard image.tick <= releasedTick, let sent = links[link]?.sent, sent >= image.tick || !image.followsReleases else { return }
            _ = links.update(link) { $0.image = nil }
            send(image.frames, of: image.tick, to: link)
        }
        sendReleases(to: edge, link, through: releasedTick, now)
    }

    private mutating func sendReleases(to edge: UInt64, _ link: UInt64, through last: UInt64, _ now: UInt64) {
        while let sent = links[link]?.sent, sent < last, links[link]?.hasRoom == true {
            guard sent >= retained.before else { return close(link, "the edge is \(releasedTick - sent) ticks late", now) }
            guard let next = retained.frames(after: sent, to: edge, on: link, world: worldNumber) else { return }
            send(next.frames, of: next.tick, to: link)
        }
    }

    private mutating func send(_ frames: [[UInt8]], of tick: UInt64, to link: UInt64) {
        for frame in frames { send(frame, to: link) }
        _ = links.update(link) { $0.sent(tick, bytes: frames.reduce(0) { $0 + $1.count }) }
    }

    mutating func send(_ frame: [UInt8], to link: UInt64) { directives.append(.send(link: link, frame)) }
}

extension HostState {
    /// What an edge is told beside an image of the last tick: one release for each tick after `last` that has something for it, and at the end one
    /// of the image's own tick, which says that nothing more of that kind comes.
    /// - Parameter chainAfter: 0 for ticks whose chain is not remembered.
    func kept(for edge: UInt64, after last: UInt64, chain chainAfter: (UInt64) -> UInt64) -> [Release] {
        var releases = SortedMap<UInt64, Release>()
        func add(_ tick: UInt64, _ change: (inout Release) -> Void) {
            guard tick > last else { return }
            if releases[tick] == nil {
                releases[tick] = Release(ReleaseHead(tick: tick, chain: tick == self.tick ? chain : chainAfter(tick), utcMilliseconds: utcMilliseconds))
            }
            _ = releases.update(tick, change)
        }
        for kept in table.edges[edge]?.kept.entries ?? [] {
            add(kept.tick) { release in
                release.add(kept.answer, to: kept.attachment)
                recollection(of: kept, edge)?.forEach { release.recall(kept.attachment, $0, $1, $2) }
            }
        }
        for session in table.attached(through: edge).compactMap({ table.session($0) }) {
            // Those of before its join go with the answer to it.
            for outcome in session.window.kept where outcome.tick >= session.attachedAt {
                add(outcome.tick) { $0.outcome(session: session.number, sequence: outcome.sequence, outcome.bytes[...]) }
            }
        }
        for tick in events.ticks {
            for event in tick.events { add(tick.tick) { $0.event(event.kind, to: event.audience, isReliable: true, payload: tick.bytes[event.payload]) } }
        }
        add(tick) { _ in }
        return Array(releases.values)
    }

    /// What goes with an answer that is given again, as far as it is still kept.
    private func recollection(of entry: KeptAnswers.Entry, _ edge: UInt64) -> Recollection? {
        guard case .join(let answer) = entry.answer else { return nil }
        switch (answer.resume, answer) {
        case (.notAsked, _), (.unknown, _), (.resumed, .refused): return nil
        case (.ended(let number, _, _), _): return table.ended[number].map { Recollection(outcomes: $0.window.kept) }
        case (.resumed, .joined(let number, let avatar, let next, _)):
            guard let session = table.session(number), session.attachedAt == entry.tick,
                session.attachment == Attachment(edge: edge, number: entry.attachment)
            else { return nil }
            var recollection = Recollection(outcomes: session.window.kept.prefix(before: next))
            recollection.add(events, after: session.eventsThrough, before: entry.tick, avatar: avatar)
            return recollection
        }
    }
}

extension Release {
    fileprivate mutating func add(_ answer: AttachmentAnswer, to attachment: UInt64) {
        switch answer {
        case .join(let answer): joins.append((attachment, answer))
        case .ended(let reason): ended.append((attachment, reason))
        }
    }
}
