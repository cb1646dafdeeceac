import OrgeControl
import OrgeSchema
import OrgeWorld

/// Measures against faults that an operator lifts.
extension HostMachine {
    /// Has the lift sealed in the next tick, or answers at once that there is nothing to be lifted.
    mutating func lift(_ target: LiftTarget, _ request: UInt32) {
        let answer: LiftAnswer
        switch lifted(by: target) {
        case .failure(let why): answer = .refused(why: why.text, hint: inForce)
        case .success where phase != .running: answer = .refused(why: "the world \(schema.name) stops", hint: "")
        case .success where !lifts.hasRoom:
            answer = .refused(why: "\(HostLimits.liftRequests) requests wait for the world's journal", hint: "See `orge status`.")
        case .success(let (lift, measures)): return lifts.add(.byOperator(lift), of: request, measures)
        }
        directives.append(.answerLift(request: request, answer))
    }

    /// Answers the requests whose lift is durable.
    mutating func answerLifts() {
        for request in lifts.takeReleased(through: releasedTick) {
            directives.append(.answerLift(request: request.number, .lifted(tick: request.tick ?? releasedTick, request.measures)))
        }
    }

    /// Why nothing is lifted.
    private struct NoMatch: Error {
        var text: String
    }

    /// What the target means in this world, and the measures in force that it lifts.
    private func lifted(by target: LiftTarget) -> Result<(FaultLift.Target, [String]), NoMatch> {
        let lift: FaultLift.Target
        switch target {
        case .everything: lift = .everything
        case .kind(let name):
            guard let command = schema.command(named: name) else { return unknown("command", name, schema.commands.map(\.name)) }
            lift = .kind(command.id)
        case .system(let name):
            let systems = state.engine.systemNames
            guard let index = systems.firstIndex(of: name) else { return unknown("system", name, systems) }
            lift = .system(UInt16(clamping: index))
        case .account(let name): lift = .account(suspendedAccount(name) ?? Identity.guest(name).id)
        }
        let measures = texts(of: measures.filter { $0.isLifted(by: lift) })
        if measures.isEmpty { return .failure(NoMatch(text: "nothing of the world \(schema.name) is lifted by \(target)")) }
        return .success((lift, measures))
    }

    private func unknown(_ what: String, _ name: String, _ names: [String]) -> Result<(FaultLift.Target, [String]), NoMatch> {
        .failure(NoMatch(text: "the world \(schema.name) has no \(what) \(name); it has \(names.joined(separator: ", "))"))
    }

    private func suspendedAccount(_ name: String) -> AccountID? {
        for account in state.faults.suspensions.keys where self.name(of: account) == name { return account }
        return nil
    }

    private var measures: [FaultMeasure] { state.faults.measures(at: state.utcMilliseconds) }

    private var inForce: String {
        let texts = texts(of: measures)
        return texts.isEmpty ? "No measure is in force." : "In force: \(texts.prefix(LiftAnswer.measuresLimit).joined(separator: ", "))."
    }

    private func name(of account: AccountID) -> String {
        state.table.session(ofAccount: account)?.identity.name ?? state.engine.name(of: account) ?? "\(account)"
    }

    private func texts(of measures: [FaultMeasure]) -> [String] {
        var texts: [String] = []
        for measure in measures { texts.append(text(of: measure)) }
        return texts
    }

    private func text(of measure: FaultMeasure) -> String {
        switch measure {
        case .kindForAll(let kind): "kind:\(schema.command(kind)?.name ?? "\(kind)") (disabled)"
        case .kindForGuests(let kind, let until):
            "kind:\(schema.command(kind)?.name ?? "\(kind)") (disabled for guests until \(utcText(milliseconds: until)))"
        case .system(let system): "system:\(state.engine.systemName(Int(system)) ?? "\(system)") (suspended)"
        case .entities(let system, let count):
            "system:\(state.engine.systemName(Int(system)) ?? "\(system)") (\(count) \(count == 1 ? "entity" : "entities") set aside)"
        case .account(let account, let until): "account:\(name(of: account)) (suspended until \(utcText(milliseconds: until)))"
        }
    }
}
