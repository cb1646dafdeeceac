/// The clients that receive an event. Positions are resolved, so that delivery needs no access to the world. Same encoding on the link and
/// in an image.
package enum EventAudience: BitwiseCopyable, Equatable, Sendable {
    /// The client whose avatar this is.
    case avatar(Entity)
    /// Clients whose avatar is within the radius after the tick, in the unit of the position's fields.
    case disc(x: Double, y: Double, radius: Double)
    case all

    /// Most bytes of an encoded audience.
    package static let byteLimit = 1 + 3 * 8

    /// `u8` 0 for all; 1 and the avatar `u64`; 2, x, y and radius `f64`.
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .all: writer.u8(0)
        case .avatar(let avatar):
            writer.u8(1)
            writer.entity(avatar)
        case .disc(let x, let y, let radius):
            writer.u8(2)
            writer.f64(x)
            writer.f64(y)
            writer.f64(radius)
        }
    }

    package init(reading reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 0: self = .all
        case 1: self = .avatar(try reader.entity())
        case 2: self = .disc(x: try reader.f64(), y: try reader.f64(), radius: try reader.f64())
        case let raw: throw DecodeError(.unknown(what: "audience", value: UInt64(raw)), at: reader.offset - 1)
        }
    }
}
