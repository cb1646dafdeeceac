import OrgeSchema
import OrgeWorld

/// Just enough JSON to say what a row holds. Entities are written as everywhere, `WORLD:SLOT.GENERATION`; floats that JSON cannot hold are null.
enum JSON {
    static func outcome(_ bytes: [UInt8], _ command: WorldSchema.Command?) -> String {
        switch Outcome(ofWorld: bytes) {
        case .applied(let result): "{\"status\":\"applied\",\"result\":\(command.map { object($0.result, result) } ?? "{}")}"
        case .repeated(let tick, let result):
            "{\"status\":\"repeated\",\"first_tick\":\(tick),\"result\":\(command.map { object($0.result, result) } ?? "{}")}"
        case .refused(let refusal):
            "{\"status\":\"refused\",\"code\":\(refusal.code.rawValue),\"field\":\(refusal.field.quotedForJSON),\"text\":\(refusal.text.quotedForJSON)}"
        }
    }

    /// A canonical row; null when it is none.
    static func object(_ layout: RowLayout, _ row: [UInt8]) -> String {
        var reader = ByteReader(row)
        do throws(DecodeError) {
            let values = try layout.decode(&reader)
            return "{" + zip(layout.fields, values).map { "\($0.name.quotedForJSON):\(value($1))" }.joined(separator: ",") + "}"
        } catch {
            return "null"
        }
    }

    static func value(_ value: FieldValue) -> String {
        switch value {
        case .bool(let value): "\(value)"
        case .signed(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .real(let value): value.isFinite ? "\(value)" : "null"
        case .entity(let value): "\(value)".quotedForJSON
        case .text(let value): value.quotedForJSON
        case .choice(let value): value.name.quotedForJSON
        case .list(let values): "[" + values.map(Self.value).joined(separator: ",") + "]"
        }
    }
}
