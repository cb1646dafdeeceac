package import OrgeSchema

/// Which measures against faults are lifted, and why.
package enum FaultLift: Equatable, Sendable {
    /// The world has other code: everything that does not run may run. Accounts stay suspended until their time.
    case otherCode
    case byOperator(Target)

    /// What an operator lifts.
    package enum Target: Equatable, Sendable {
        /// Every measure, and the suspension of every account.
        case everything
        /// Of commands.
        case kind(UInt16)
        /// A suspended system, or the entities that are set aside for it.
        case system(UInt16)
        /// Its suspension and its strikes.
        case account(AccountID)
    }
}

/// `tag u8`: 1 other code; by an operator: 2 everything, 3 kind `u16`, 4 system `u16`, 5 account `u64`.
extension FaultLift {
    func encode(to writer: inout ByteWriter) {
        switch self {
        case .otherCode: writer.u8(1)
        case .byOperator(.everything): writer.u8(2)
        case .byOperator(.kind(let kind)):
            writer.u8(3)
            writer.u16(kind)
        case .byOperator(.system(let system)):
            writer.u8(4)
            writer.u16(system)
        case .byOperator(.account(let account)):
            writer.u8(5)
            writer.u64(account.raw)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 1: self = .otherCode
        case 2: self = .byOperator(.everything)
        case 3: self = .byOperator(.kind(try reader.u16()))
        case 4: self = .byOperator(.system(try reader.u16()))
        case 5: self = .byOperator(.account(AccountID(raw: try reader.u64())))
        case let tag: throw DecodeError(.unknown(what: "lift", value: UInt64(tag)), at: start)
        }
    }
}
