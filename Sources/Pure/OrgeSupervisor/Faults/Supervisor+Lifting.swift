import OrgeControl

/// Measures against faults that an operator lifts: the host decides, journals and answers.
extension Supervisor {
    /// Requests that wait for hosts at once. The shell has fewer connections on which they come; one may be given up while its request waits.
    private static let liftsLimit = 64

    /// A request that its world's host has not answered.
    struct Lift: Equatable, Sendable {
        var request: UInt32
        var world: String
    }

    mutating func liftRequested(_ request: UInt32, _ world: String, _ target: LiftTarget) {
        if let (why, hint) = refusal(ofLiftIn: world) { return answerLift(request, .refused(why: why, hint: hint)) }
        lifts.append(Lift(request: request, world: world))
        out.append(.tell(.host(world), .lift(request: request, target)))
    }

    private func refusal(ofLiftIn world: String) -> (why: String, hint: String)? {
        guard plan.worlds.contains(world) else { return ("there is no world \(world)", "There are: \(plan.worlds.joined(separator: ", ")).") }
        switch self[.host(world)].state {
        case .ready where phase == .serving: break
        case .failed:
            return ("the world \(world) has failed, and is not started any more", "Start the server again; mended code lifts what other code failed on.")
        case .idle, .starting, .ready, .waiting, .ended: return ("the world \(world) does not run now", "Try again when `orge status` calls it ready.")
        }
        return lifts.count < Self.liftsLimit ? nil : ("\(Self.liftsLimit) requests wait for their worlds", "See `orge status` for what the worlds wait for.")
    }

    mutating func lifted(_ request: UInt32, by world: String, _ answer: LiftAnswer) {
        guard let index = lifts.firstIndex(of: Lift(request: request, world: world)) else {
            return broken(.host(world), "it answers a request that was not made")
        }
        lifts.remove(at: index)
        answerLift(request, answer)
    }

    /// The process that they were given to has ended. A lift may have become durable before.
    mutating func loseLifts(of world: String) {
        for lift in lifts where lift.world == world {
            answerLift(
                lift.request, .refused(why: "the process of world \(world) ended before it had answered", hint: "Try again when `orge status` calls it ready."))
        }
        lifts.removeAll { $0.world == world }
    }

    private mutating func answerLift(_ request: UInt32, _ answer: LiftAnswer) { out.append(.answerLift(request: request, answer)) }
}
