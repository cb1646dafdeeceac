import OrgeSchema

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
    /// Appends commands in the order (pass, rank, source, sequence) until none waits or the budget is spent.
    /// - Parameter seed: of the tick; ranks are drawn from it and the accounts or worlds.
    /// - Returns: commands that are carried over.
    @discardableResult
    package mutating func sealCommands(seed: UInt64, budget: SealBudget, into inputs: inout [HostInput]) -> Int {
        var order = active.map { (rank: sealingRank(slots[$0].rankKey, seed), slot: $0) }
        order.sort { $0.rank != $1.rank ? $0.rank < $1.rank : slots[$0.slot].isBefore(slots[$1.slot]) }
        inputs.reserveCapacity(inputs.count + min(commandCount, budget.commands))
        var left = budget
        while !order.isEmpty && !left.isSpent {
            order.removeAll { entry in
                guard !left.isSpent else { return false }
                return !serve(entry.slot, &left, into: &inputs)
            }
        }
        active = order.map(\.slot)
        return commandCount
    }

    /// One source's share of a pass.
    /// - Returns: whether it still has commands.
    private mutating func serve(_ slot: Int, _ left: inout SealBudget, into inputs: inout [HostInput]) -> Bool {
        guard let source = slots[slot].source else { preconditionFailure("a command in a free lane") }
        slots[slot].deficit += quantum
        while !slots[slot].isEmpty && slots[slot].commands[slots[slot].head].cost <= slots[slot].deficit {
            guard !left.isSpent else {
                // The share was cut short: what is left of it counts in the next tick, but more than one share would be a gift.
                slots[slot].deficit = min(slots[slot].deficit, quantum)
                return true
            }
            let command = slots[slot].removeFirst()
            slots[slot].deficit -= command.cost
            commandCount -= 1
            left.commands -= 1
            left.bytes -= command.payload.count + 27
            inputs.append(command.input(of: source))
        }
        if slots[slot].isEmpty { slots[slot].deficit = 0 }
        return !slots[slot].isEmpty
    }
}
