package import OrgeSchema
package import OrgeWire

extension ClientSession {
    /// Type and body of one frame, as they came. Frames of unknown types that may be skipped and unknown notices are skipped.
    package mutating func receive(_ reader: inout ByteReader, now: UInt64) -> ClientReaction {
        guard phase != .closed else { return .nothing }
        do throws(DecodeError) {
            return receive(try ServerFrame(decoding: &reader), now: now)
        } catch {
            if case .unknown(what: "notice", _) = error.code { return .nothing }
            return fault(.malformed(error))
        }
    }

    /// A size that no frame has; nothing after it can be read.
    package mutating func receiveBadSize(_ size: UInt32) -> ClientReaction { phase == .closed ? .nothing : fault(.badSize(size)) }

    package mutating func receive(_ frame: ServerFrame, now: UInt64) -> ClientReaction {
        guard phase != .closed else { return .nothing }
        switch frame {
        case .welcome(let welcome): return receive(welcome)
        case .worlds(let worlds): return receive(worlds)
        case .schema(let hash, let document): return receive(hash, document)
        case .joined(let joined): return receive(joined)
        case .joinRefused(let refusal): return receive(refusal)
        case .update(let update): return receive(update)
        case .outcome(let sequence, let tick, let outcome): return receive(sequence, tick, outcome)
        case .recalled(let sequence, let tick, let outcome): return receive(recalled: sequence, tick, outcome)
        case .event(let tick, let kind, let payload): return receive(event: kind, tick, payload)
        case .credit(let credit): return receive(credit)
        case .pong(let pong):
            clock.note(pong, sentAt: pong.clientTime, now: now)
            return .pong(roundTrip: now >= pong.clientTime ? now - pong.clientTime : 0)
        case .auditAnswer(let answer): return receive(answer)
        case .notice(.timelineChanged(let change)): return receive(change)
        case .notice(let notice):
            // An answer that the world's process had begun is sent again, whole, when it is back.
            if notice == .hostAway { audit?.rows = [] }
            if case .dilated(let permille) = notice { clock.dilationPermille = permille }
            if case .hostBack(let incarnation, _) = notice { hold?.incarnation = incarnation }
            return .notice(notice)
        case .close(let close):
            phase = .closed
            return .closed(close)
        case .skipped: return .nothing
        }
    }

    private mutating func receive(_ welcome: ServerFrame.Welcome) -> ClientReaction {
        guard phase == .awaitingWelcome else { return fault(.unexpected(.welcome)) }
        guard (Wire.oldestVersion...Wire.newestVersion).contains(welcome.version) else { return fault(.unsupportedVersion(welcome.version)) }
        guard let agreed = try? Capabilities(in: welcome.extensions), agreed.encoding != nil, agreed.intersection(configuration.capabilities) == agreed else {
            return fault(.unexpected(.welcome))
        }
        self.welcome = welcome
        phase = .awaitingWorlds
        return .nothing
    }

    private mutating func receive(_ worlds: [WorldEntry]) -> ClientReaction {
        switch phase {
        case .awaitingWorlds, .choosing:
            self.worlds = worlds
            phase = .choosing
            return .choose(worlds)
        case .describing, .joining, .leaving:
            self.worlds = worlds
            return .nothing
        case .idle, .awaitingWelcome, .joined, .closed: return fault(.unexpected(.worlds))
        }
    }

    private mutating func receive(_ hash: UInt64, _ document: [UInt8]) -> ClientReaction {
        guard phase == .describing || phase == .joining || phase == .leaving else { return fault(.unexpected(.schema)) }
        do throws(DecodeError) {
            known = KnownSchema(hash: hash, schema: try WorldSchema(decoding: document))
        } catch {
            return fault(.malformed(error))
        }
        // What is held of an earlier connection was in another schema.
        if phase == .joining { view = nil }
        guard phase == .describing else { return .nothing }
        phase = .choosing
        return .described(hash: hash)
    }

    private mutating func receive(_ joined: ServerFrame.Joined) -> ClientReaction {
        if phase == .leaving { return .nothing }
        guard phase == .joining, let known else { return fault(.unexpected(.joined)) }
        guard joined.role == role, joined.firstSequence > 0, joined.firstSequence < 1 << 62 else { return fault(.unexpected(.joined)) }
        do throws(DecodeError) {
            return enter(joined, try joined.ticket(), try Resumption(in: joined.extensions), known.schema)
        } catch {
            return fault(.malformed(error))
        }
    }

    private mutating func enter(
        _ joined: ServerFrame.Joined, _ ticket: Ticket?, _ resumption: Resumption?, _ schema: WorldSchema
    ) -> ClientReaction {
        guard (resumption != nil) == isResuming else { return fault(.unexpected(.joined)) }
        phase = .joined
        self.joined = joined
        credit = joined.credit
        (firstUpdateTick, releasedTick, isResuming, isClaimed) = (0, 0, false, false)
        if case .resumed(let resumed)? = resumption { return resume(joined, resumed, schema) }
        if let resumption { settle(resumption) }
        view = ClientView(schema, idBase: joined.idBase)
        nextSequence = joined.firstSequence
        (recalledThrough, receiptedThrough) = (0, joined.firstSequence - 1)
        hold = ticket.map { ticket in
            ClientHold(
                world: world, number: joined.session, ticket: ticket, incarnation: joined.incarnation, progress: ClientProgress(joinedAt: joined.tick))
        }
        return .joined(joined)
    }

    private mutating func receive(_ refusal: ServerFrame.JoinRefusal) -> ClientReaction {
        if phase == .leaving { return .nothing }
        guard phase == .joining || phase == .describing else { return fault(.unexpected(.joinRefused)) }
        do throws(DecodeError) {
            if isResuming, phase == .joining, let resumption = try Resumption(in: refusal.extensions) {
                if case .resumed = resumption { return fault(.unexpected(.joinRefused)) }
                settle(resumption)
            }
        } catch {
            return fault(.malformed(error))
        }
        phase = .choosing
        isResuming = false
        return .joinRefused(refusal)
    }

    mutating func fault(_ fault: ClientFault) -> ClientReaction {
        phase = .closed
        return .fault(fault)
    }
}
