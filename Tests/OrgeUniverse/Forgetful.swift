import OrgeHost
import OrgeLink
import OrgeSchema

/// A control: a host that does not know which commands it has taken already. What an edge sends again becomes a new command.
struct Forgetful {
    private var taken = SortedMap<UInt64, UInt64>()

    mutating func forgetAll() { taken.removeAll() }

    mutating func tamper(_ frame: EdgeFrame, _ host: HostProcess) -> EdgeFrame {
        guard case .inputs(let batch) = frame else { return frame }
        var writer = InputBatchWriter()
        for input in batch.inputs { write(input, batch, to: &writer, host) }
        do throws(DecodeError) {
            return try EdgeFrame(decoding: Array(writer.finish(number: batch.number, world: host.world.number)[4...]))
        } catch {
            preconditionFailure("what was read can be written: \(error)")
        }
    }

    private mutating func write(_ input: LinkInput, _ batch: InputBatch, to writer: inout InputBatchWriter, _ host: HostProcess) {
        switch input {
        case .command(let session, let sequence, let kind, let payload):
            let next = max(sequence, (taken[session] ?? host.sealed(session)) + 1)
            taken[session] = next
            writer.command(session: session, sequence: next, kind: kind, payload: batch.payload(payload))
        case .keyedCommand(let session, let sequence, let key, let kind, let payload):
            writer.command(session: session, sequence: sequence, key: key, kind: kind, payload: batch.payload(payload))
        case .malformed(let session, let sequence): writer.malformed(session: session, sequence: sequence)
        case .intent(let session, let number, let kind, let payload):
            writer.intent(session: session, number: number, kind: kind, payload: batch.payload(payload))
        case .join(let attachment, let identity, let tickets): writer.join(attachment: attachment, identity, tickets)
        case .leave(let attachment): writer.leave(attachment: attachment)
        case .detach(let attachment): writer.detach(attachment: attachment)
        case .acknowledge(let session, let sequence): writer.acknowledge(session: session, through: sequence)
        case .audit(let request, let session): writer.audit(request: request, session: session)
        }
    }
}

extension HostProcess {
    func sealed(_ session: UInt64) -> UInt64 { machine?.state.table.session(session)?.window.highest ?? 0 }
}
