import OrgeSchema
import OrgeWorld

/// What a traced run writes for `orge check`, a line each, in this order for each tick:
///
///     i SESSION SEQUENCE ACCOUNT WHAT    an input that will run; the sequence is 0 but for commands; WHAT as one types it for `orge call`
///     t TICK HASH                        the tick has run, and the state's hash; tick 0 is the world after its start
///
/// Inputs are written before they run, because the process may end there.
struct RunTrace {
    /// Of a line: the longest row that a person still reads.
    private static let lineBytesLimit = 4_096

    private let descriptor: Int32
    private let schema: WorldSchema

    init(_ descriptor: Int32, _ schema: WorldSchema) {
        self.descriptor = descriptor
        self.schema = schema
    }

    func willRun(_ inputs: [(act: RandomScript.Act, input: Input)]) {
        let lines = inputs.map { line($0.act, $0.input).cut(toBytes: Self.lineBytesLimit) + "\n" }
        if !lines.isEmpty { writeAll(lines.joined(), to: descriptor) }
    }

    func ran(_ engine: WorldEngine) { writeAll("t \(engine.tick) \(engine.stateHash.hexadecimal)\n", to: descriptor) }

    private func line(_ act: RandomScript.Act, _ input: Input) -> String {
        switch act {
        case .join(let account): "i \(session(input)) 0 \(account) join"
        case .rejoin(let account): "i \(session(input)) 0 \(account) join"
        case .disconnect(let account): "i \(session(input)) 0 \(account) disconnect"
        case .leave(let account): "i \(session(input)) 0 \(account) leave"
        case .intent(let account, let kind, let payload): "i \(session(input)) 0 \(account) \(intent(kind, payload))"
        case .command(let account, let kind, let payload): "i \(session(input)) \(sequence(input)) \(account) \(command(kind, payload))"
        }
    }

    private func command(_ kind: UInt16, _ payload: [UInt8]) -> String {
        guard let command = schema.command(kind) else { preconditionFailure("a generated command of the schema") }
        return command.name + Plain.row(command.row, payload)
    }

    private func intent(_ kind: UInt16, _ payload: [UInt8]) -> String {
        guard let intent = schema.intent(kind), let component = schema.component(intent.component) else {
            preconditionFailure("a generated intent of the schema")
        }
        return component.name + Plain.row(component.row, payload)
    }

    private func session(_ input: Input) -> UInt64 {
        switch input {
        case .arrive(let session, _), .resume(let session, _), .detach(let session), .depart(let session), .abandon(let session): session
        case .intent(let session, _, _), .keyed(let session, _, _, _, _): session
        case .command(let source, _, _, _), .malformed(let source, _), .refused(let source, _, _): source.session ?? 0
        }
    }

    private func sequence(_ input: Input) -> UInt64 { if case .command(_, let sequence, _, _) = input { sequence } else { 0 } }
}
