import OrgeImage
import OrgeSchema
import OrgeWorld

/// The record of the section `faults`. All of it is bounded: ``HostLimits/strikesKept`` strikes and suspensions, the kinds that a schema has,
/// ``HostLimits/entitiesSetAside`` entities.
extension FaultLedger {
    func encode(to writer: inout ByteWriter) {
        writer.u64(count)
        writer.u64(code)
        writer.u16(UInt16(strikes.count))
        for strike in strikes {
            writer.u64(strike.account.raw)
            writer.flag(strike.kind != nil)
            writer.u16(strike.kind ?? 0)
            writer.u64(strike.time)
        }
        writer.u16(UInt16(suspensions.count))
        for (account, until) in suspensions {
            writer.u64(account.raw)
            writer.u64(until)
        }
        writer.u16(UInt16(disabled.count))
        for (kind, entry) in disabled {
            writer.u16(kind)
            writer.flag(entry.isForAll)
            writer.u64(entry.guestsUntil)
            writer.u32(entry.guestTimes)
        }
        encodeRestraints(to: &writer)
    }

    private func encodeRestraints(to writer: inout ByteWriter) {
        writer.u16(UInt16(restraints.suspended.count))
        for system in restraints.suspended { writer.u16(system) }
        writer.u16(UInt16(restraints.setAside.count))
        for entry in restraints.setAside {
            writer.u16(entry.system)
            writer.entity(entry.entity)
        }
        writer.flag(stop != nil)
        writer.u64(stop?.tick ?? 0)
        writer.shortText(stop?.what.cut(toBytes: HostLimits.stopTextBytes) ?? "")
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        count = try reader.u64()
        code = try reader.u64()
        for _ in 0..<(try reader.count(limit: HostLimits.strikesKept)) {
            let account = AccountID(raw: try reader.u64())
            let (hasKind, kind) = (try reader.flag(), try reader.u16())
            try reader.demand(hasKind || kind == 0, "the kind of an input that has none")
            strikes.append(Strike(account: account, kind: hasKind ? kind : nil, time: try reader.time()))
        }
        var lastAccount = AccountID(raw: 0)
        for _ in 0..<(try reader.count(limit: HostLimits.strikesKept)) {
            let account = AccountID(raw: try reader.u64())
            try reader.demand(account > lastAccount, "suspended accounts out of order")
            lastAccount = account
            suspensions[account] = try reader.time()
        }
        var lastKind = -1
        for _ in 0..<(try reader.count(limit: Int(UInt16.max))) {
            let kind = try reader.u16()
            try reader.demand(Int(kind) > lastKind, "disabled kinds out of order")
            lastKind = Int(kind)
            disabled[kind] = DisabledKind(isForAll: try reader.flag(), guestsUntil: try reader.time(), guestTimes: try reader.u32())
        }
        try decodeRestraints(&reader)
    }

    private mutating func decodeRestraints(_ reader: inout ByteReader) throws(DecodeError) {
        for _ in 0..<(try reader.count(limit: Int(UInt16.max))) {
            let system = try reader.u16()
            try reader.demand(restraints.suspended.last.map { system > $0 } ?? true, "suspended systems out of order")
            restraints.suspend(system)
        }
        let count = try reader.count(limit: HostLimits.entitiesSetAside)
        for _ in 0..<count {
            let system = try reader.u16()
            restraints.setAside(try reader.entity(), for: system)
        }
        try reader.demand(restraints.setAside.count == count, "an entity set aside twice, or for a system that does not run")
        let (isStopped, tick, what) = (try reader.flag(), try reader.u64(), try reader.shortText(limit: HostLimits.stopTextBytes))
        try reader.demand(isStopped || tick == 0 && what.isEmpty, "the reason of a world that is not stopped")
        if isStopped { stop = Stop(tick: tick, what: what) }
    }
}

extension ByteReader {
    fileprivate mutating func count(limit: Int) throws(DecodeError) -> Int {
        let start = offset
        let count = Int(try u16())
        guard count <= limit else { throw DecodeError(.overLimit(length: count, limit: limit), at: start) }
        return count
    }

    fileprivate mutating func time() throws(DecodeError) -> UInt64 {
        let time = try u64()
        try demand(time <= ImageLimits.counter, "a time out of range")
        return time
    }

    fileprivate func demand(_ holds: Bool, _ fault: String) throws(DecodeError) {
        if !holds { throw DecodeError(.inconsistent(fault), at: offset) }
    }
}
