import OrgeSchema

@testable import OrgeHost

/// Inputs of sessions, which most tests are about.
extension HostInput {
    static func command(session: UInt64, sequence: UInt64, kind: UInt16, payload: [UInt8]) -> HostInput {
        .command(.session(session), sequence: sequence, kind: kind, payload: payload)
    }

    static func malformed(session: UInt64, sequence: UInt64) -> HostInput { .malformed(.session(session), sequence: sequence) }
    static func acknowledged(session: UInt64, sequence: UInt64) -> HostInput { .acknowledged(.session(session), sequence: sequence) }
}
