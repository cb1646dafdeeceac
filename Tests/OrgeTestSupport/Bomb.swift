package import OrgeSchema

/// Stands for the end of a process in world code: a test cannot trap and go on. The first time that world code fails while a bomb is armed, it keeps what
/// the recorder says; everything after that is to be discarded, as it would be with the process.
// SAFETY: a test uses it from one thread at a time.
package final class Bomb: @unchecked Sendable {
    @TaskLocal package static var armed: Bomb?

    private let slot: FlightSlot
    package private(set) var hit: FlightEntry?

    package init(_ slot: FlightSlot) { self.slot = slot }

    package static func explode() {
        guard let bomb = armed, bomb.hit == nil else { return }
        bomb.hit = bomb.slot.read()?.entry
    }

    package func arm<Value>(_ body: () throws -> Value) rethrows -> Value { try Self.$armed.withValue(self, operation: body) }
}
