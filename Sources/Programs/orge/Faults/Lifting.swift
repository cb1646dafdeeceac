import FoundationEssentials
import OrgeControl

/// Asks a running server to lift measures against faults of one of its worlds.
struct Lifting {
    let data: String
    /// Nil: the only one.
    let world: String?

    /// What the server has done.
    struct Done {
        /// The server's answer, one JSON object.
        let text: String
        let world: String
        let tick: UInt64
        let lifted: [String]
    }

    /// The server's answer: either of the two.
    private struct Answer: Decodable {
        var error: String?
        var hint: String?
        var world: String?
        var tick: UInt64?
        var lifted: [String]?
    }

    func run(_ target: LiftTarget) throws -> Done {
        let text = try RunningServer.ask("lift \(try name()) \(target)", data: data)
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        if let error = answer?.error { throw CommandFailure(error, remedy: answer?.hint.flatMap { $0.isEmpty ? nil : $0 }) }
        guard let answer, let world = answer.world, let tick = answer.tick, let lifted = answer.lifted else {
            throw CommandFailure("the server answered something else", remedy: "Is it another version of Orge? Restart it with this one.")
        }
        return Done(text: text, world: world, tick: tick, lifted: lifted)
    }

    private func name() throws -> String {
        let names = try RunningServer.status(data: data).worlds.map(\.name)
        guard let world else {
            guard names.count == 1 else {
                throw CommandFailure("the server has several worlds", remedy: "Name one with --world: \(names.joined(separator: ", ")).")
            }
            return names[0]
        }
        guard names.contains(world) else { throw CommandFailure("there is no world \(world)", remedy: "There are: \(names.joined(separator: ", ")).") }
        return world
    }
}
