import OrgeSchema
import OrgeWire

/// Frames of the joined world.
extension ClientSession {
    /// A view exists: joined, or leaving after having been.
    private var isInWorld: Bool { view != nil && (phase == .joined || phase == .leaving) }

    mutating func receive(_ update: UpdateFrame) -> ClientReaction {
        guard isInWorld else { return fault(.unexpected(.update)) }
        guard audit?.rows.isEmpty ?? true else { return fault(.unexpected(.update)) }
        do throws(ViewFault) {
            if update.tick < firstUpdateTick { return fault(.tickWentBack(from: firstUpdateTick, to: update.tick)) }
            if let number = update.consumedIntent {
                guard number > consumedIntent, number <= lastIntent else { return fault(.intentOutOfOrder(number)) }
                consumedIntent = number
            }
            guard try view?.apply(update) == true else { return .nothing }
            hold?.progress.update(update.tick)
            return .viewComplete(tick: update.tick)
        } catch {
            return fault(.view(error))
        }
    }

    mutating func receive(_ sequence: UInt64, _ tick: UInt64, _ bytes: [UInt8]) -> ClientReaction {
        if let fault = checkRelease(.outcome, tick) { return self.fault(fault) }
        hold?.progress.outcome(tick)
        guard let oldest = unanswered.first, oldest.sequence == sequence, unsentCount < unanswered.count else {
            // Another program had the ticket meanwhile, and sent this command.
            if sequence <= recalledThrough, unanswered.first.map({ sequence < $0.sequence }) ?? true { return .nothing }
            return fault(.outcomeOutOfOrder(sequence: sequence))
        }
        do throws(DecodeError) {
            let outcome = try CommandOutcome(decoding: bytes)
            unanswered.removeFirst()
            commands.removeFirst()
            return .outcome(oldest, tick: tick, outcome)
        } catch {
            return fault(.malformed(error))
        }
    }

    mutating func receive(event kind: UInt16, _ tick: UInt64, _ payload: [UInt8]) -> ClientReaction {
        if let fault = checkRelease(.event, tick) { return self.fault(fault) }
        guard let event = known?.schema.event(kind) else { return fault(.malformed(DecodeError(.unknown(what: "event", value: UInt64(kind)), at: 9))) }
        hold?.progress.event(tick, isReliable: event.isReliable)
        let layout = event.row
        var reader = ByteReader(payload)
        do throws(DecodeError) {
            try layout.validate(&reader)
            try reader.expectEnd()
            return .event(tick: tick, kind: kind, payload: payload)
        } catch {
            return fault(.malformed(error))
        }
    }

    /// Nothing of the world is held any more; the next `joined` begins again.
    mutating func receive(_ change: ServerFrame.TimelineChange) -> ClientReaction {
        if phase == .leaving { return .notice(.timelineChanged(change)) }
        guard phase == .joined, view?.openTick == nil else { return fault(.unexpected(.notice)) }
        let notRun = unanswered
        forgetSession()
        (joined, audit) = (nil, nil)
        (credit, bytesSent, releasedTick) = (.none, 0, 0)
        if let next = change.nextSequence {
            nextSequence = next
            isClaimed = true
            hold?.incarnation = change.incarnation
            hold?.progress.fork(at: change.forkTick ?? 0)
        } else {
            hold = nil
        }
        phase = .choosing
        return .timelineChanged(change, notRun: notRun)
    }

    /// Outcomes and events come in the order of their ticks, and not in the middle of an update.
    private mutating func checkRelease(_ type: ServerFrameType, _ tick: UInt64) -> ClientFault? {
        guard isInWorld, view?.openTick == nil else { return .unexpected(type) }
        guard tick >= releasedTick else { return .tickWentBack(from: releasedTick, to: tick) }
        releasedTick = tick
        return nil
    }

    mutating func receive(_ credit: Credit) -> ClientReaction {
        guard isInWorld else { return fault(.unexpected(.credit)) }
        guard credit.throughSequence >= self.credit.throughSequence, credit.throughByte >= self.credit.throughByte else { return fault(.creditFell) }
        self.credit = credit
        return .creditRaised
    }

    mutating func receive(_ answer: AuditAnswer) -> ClientReaction {
        guard isInWorld, let view, view.openTick == nil else { return fault(.unexpected(.auditAnswer)) }
        guard var audit, audit.request == answer.request else { return fault(.wrongAudit(request: answer.request)) }
        if answer.isBusy {
            self.audit = nil
            return .auditBusy(request: answer.request)
        }
        guard audit.rows.count + answer.rows.count <= SessionLimits.auditRows else { return fault(.wrongAudit(request: answer.request)) }
        self.audit = nil
        audit.rows += answer.rows
        if answer.hasMore {
            self.audit = audit
            return .nothing
        }
        return .audited(AuditComparison.report(request: answer.request, tick: answer.tick, answer: audit.rows, view: view))
    }
}
