package import OrgeSchema
import OrgeWire

/// One world's schema as its clients see it, shared by all their sessions.
package final class ServedSchema: Sendable {
    package let schema: WorldSchema
    package let document: [UInt8]
    package let hash: UInt64
    private let commands: [RowLayout]
    private let intents: [RowLayout]

    /// - Precondition: the document fits a frame, which ``WorldSchema/documentLimit`` sees to.
    package init(_ world: WorldSchema) {
        let view = world.clientView
        schema = view
        document = view.encoded()
        precondition(document.count <= WireLimits.schemaBytes, "a schema longer than a frame")
        hash = view.hash
        commands = view.commands.map(\.row)
        intents = view.intents.map { intent in view.component(intent.component)?.row ?? RowLayout([]) }
    }

    /// Checks every byte of a command's payload.
    func check(command kind: UInt16, _ payload: [UInt8]) -> DecodeError? { Self.check(payload, kind, "command", among: commands) }

    func check(intent kind: UInt16, _ payload: [UInt8]) -> DecodeError? { Self.check(payload, kind, "intent", among: intents) }

    private static func check(_ payload: [UInt8], _ kind: UInt16, _ what: String, among layouts: [RowLayout]) -> DecodeError? {
        guard Int(kind) < layouts.count else { return DecodeError(.unknown(what: what, value: UInt64(kind)), at: 0) }
        var reader = ByteReader(payload)
        do throws(DecodeError) {
            try layouts[Int(kind)].validate(&reader)
            try reader.expectEnd()
            return nil
        } catch {
            return error
        }
    }
}
