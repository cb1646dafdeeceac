import OrgeSchema
import OrgeWorld

/// Rows and outcomes as people type and read them, and as `orge call` prints them.
enum Plain {
    static func outcome(_ bytes: [UInt8], _ command: WorldSchema.Command?) -> String {
        switch Outcome(ofWorld: bytes) {
        case .applied(let result): "applied\(command.map { row($0.result, result) } ?? "")"
        case .repeated(let tick, let result): "applied\(command.map { row($0.result, result) } ?? "") (repeated: tick \(tick) applied it)"
        case .refused(let refusal): "refused: \(refusal) (code \(refusal.code.rawValue))"
        }
    }

    /// Each field with a space before it; nothing for what is no row.
    static func row(_ layout: RowLayout, _ row: [UInt8]) -> String {
        var reader = ByteReader(row)
        guard let values = try? layout.decode(&reader) else { return "" }
        return zip(layout.fields, values).map { " \($0.name)=\($1)" }.joined()
    }
}

extension Outcome {
    /// Reads what the world itself has written.
    init(ofWorld bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        do throws(DecodeError) { self = try Outcome(reading: &reader) } catch { preconditionFailure("the world's own outcome does not decode: \(error)") }
    }
}
