import OrgeSchema

/// An account's place among those of a tick: another one in each tick, so that none is always first, and the same through every edge.
/// - Parameters:
///   - key: the account's id. Different ones have different ranks.
///   - seed: of the tick.
@inline(__always)
func sealingRank(_ key: UInt64, _ seed: UInt64) -> UInt64 { mix64(seed ^ key) }

/// How much one tick may take.
package struct SealBudget: Sendable {
    package var commands: Int
    package var bytes: Int

    package init(commands: Int = HostLimits.commandsPerTick, bytes: Int = HostLimits.inputBytesPerTick) {
        self.commands = commands
        self.bytes = bytes
    }

    var isSpent: Bool { commands <= 0 || bytes <= 0 }
}

extension InputQueue {
    /// Appends commands in the order (pass, rank, sequence) until none waits or the budget is spent.
    /// - Parameter seed: of the tick; ranks are drawn from it and the accounts.
    /// - Returns: commands that are carried over.
    @discardableResult
    package mutating func sealCommands(seed: UInt64, budget: SealBudget, into inputs: inout [HostInput]) -> Int {
        var turn = active.map { (rank: sealingRank(slots[$0].rankKey, seed), slot: $0) }
        turn.sort { $0.rank < $1.rank }
        inputs.reserveCapacity(inputs.count + min(commandCount, budget.commands))
        var left = budget
        while !turn.isEmpty && !left.isSpent {
            turn.removeAll { entry in
                guard !left.isSpent else { return false }
                return !serve(entry.slot, &left, into: &inputs)
            }
        }
        active = turn.map(\.slot)
        return commandCount
    }

    /// One source's turn in a pass.
    /// - Returns: whether it still has commands.
    private mutating func serve(_ slot: Int, _ left: inout SealBudget, into inputs: inout [HostInput]) -> Bool {
        slots[slot].deficit += quantum
        let session = slots[slot].session
        while !slots[slot].isEmpty && slots[slot].commands[slots[slot].head].cost <= slots[slot].deficit {
            guard !left.isSpent else {
                // The turn was cut short: what is left of it counts in the next tick, but a pass more than that would be a gift.
                slots[slot].deficit = min(slots[slot].deficit, quantum)
                return true
            }
            let command = slots[slot].removeFirst()
            slots[slot].deficit -= command.cost
            commandCount -= 1
            left.commands -= 1
            left.bytes -= command.payload.count + 27
            inputs.append(command.input(of: session))
        }
        if slots[slot].isEmpty { slots[slot].deficit = 0 }
        return !slots[slot].isEmpty
    }
}
