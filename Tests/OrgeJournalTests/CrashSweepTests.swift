import Foundation
import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

/// Every how many operations the power fails, for each seed. Over 300 seeds each operation comes up many times; `ORGE_SWEEP=1` takes every one
/// for every seed, in about two minutes.
private let sweepStride = Int(ProcessInfo.processInfo.environment["ORGE_SWEEP"] ?? "") ?? 13

@Suite("A journal on a disk that forgets")
struct CrashSweepTests {
    @Test("keeps every promise when the power fails at any operation", arguments: 0..<300)
    func powerCutAnywhere(seed: UInt64) throws {
        let whole = JournalLife(seed: seed, keepsHistory: seed % 2 == 0)
        try whole.live(steps: 16)
        let operations = whole.storage.operationCount
        for operation in stride(from: Int(seed) % sweepStride, to: operations, by: sweepStride) {
            let life = JournalLife(seed: seed, keepsHistory: seed % 2 == 0)
            var plan = FaultPlan()
            plan.powerCut = operation
            life.storage.inject(plan)
            #expect(failureCode { () throws(JournalError) in try life.live(steps: 16) } == .system, "seed \(seed), operation \(operation)")
            life.storage.crash(seed: seed &* 1_000_003 &+ UInt64(operation))
            try life.live(steps: 3)
            life.storage.crash(seed: seed &+ 1)
            try life.live(steps: 1)
        }
    }

    @Test("keeps every promise when the power fails at each operation of one history, in many ways")
    func everyOperation() throws {
        let whole = JournalLife(seed: 5, keepsHistory: false)
        try whole.live(steps: 18)
        for operation in 0..<whole.storage.operationCount {
            for outcome in 0..<8 {
                let life = JournalLife(seed: 5, keepsHistory: false)
                var plan = FaultPlan()
                plan.powerCut = operation
                life.storage.inject(plan)
                #expect(failureCode { () throws(JournalError) in try life.live(steps: 18) } == .system)
                life.storage.crash(seed: UInt64(operation * 8 + outcome))
                try life.live(steps: 2)
            }
        }
    }

    @Test("keeps every promise through a life of power cuts, killed processes, failed syncs and writes", arguments: 0..<150)
    func lifeOfFaults(seed: UInt64) throws {
        let life = JournalLife(seed: seed, keepsHistory: seed % 3 == 0)
        var random = RandomSource(seed: ~seed)
        for _ in 0..<12 {
            var plan = FaultPlan()
            switch random.below(5) {
            case 0, 1: plan.powerCut = random.below(40)
            case 2: plan.failedSyncs = [random.below(12)]
            case 3: plan.failedWrites = [random.below(8)]
            default: break
            }
            life.storage.inject(plan)
            do throws(JournalError) {
                try life.live(steps: random.within(0...10))
            } catch {
                #expect(error.code == .system, "seed \(seed): \(error)")
            }
            if life.storage.isDown || random.chance(1, outOf: 2) { life.storage.crash(seed: random.next()) } else { life.storage.killProcess() }
        }
        life.storage.crash(seed: random.next())
        try life.live(steps: 1)
    }

    @Test("lives on in new segments, whichever calls fail, and keeps every promise when the power fails later")
    func errorsAnywhere() throws {
        let renewals = try (0..<60).reduce(0) { try $0 + livesThroughErrors(seed: UInt64($1)) }
        #expect(renewals > 100)
    }

    /// - Returns: how often a life went on in a new segment.
    private func livesThroughErrors(seed: UInt64) throws -> Int {
        let whole = JournalLife(seed: seed, keepsHistory: seed % 2 == 0, renewalAttempts: 9)
        try whole.live(steps: 16)
        var renewals = 0
        for operation in stride(from: Int(seed) % sweepStride, to: whole.storage.operationCount, by: sweepStride) {
            let life = JournalLife(seed: seed, keepsHistory: seed % 2 == 0, renewalAttempts: 9)
            var plan = FaultPlan()
            plan.failedOperations = operation..<operation + 1 + Int(seed % 5)
            life.storage.inject(plan)
            // The start and an image give up at an error, and another process or another image tries again.
            while failureCode({ () throws(JournalError) in try life.live(steps: 16) }) != nil { life.storage.killProcess() }
            life.storage.crash(seed: seed &* 1_000_003 &+ UInt64(operation))
            try life.live(steps: 3)
            renewals += life.renewals
        }
        return renewals
    }

    @Test("waits while the disk is full and goes on when there is room again, whatever befalls it meanwhile", arguments: 0..<80)
    func fullDisk(seed: UInt64) throws {
        let life = JournalLife(seed: seed, keepsHistory: true)
        var random = RandomSource(seed: ~seed)
        for capacity in stride(from: 8_000, to: 40_000, by: 8_000) {
            var plan = FaultPlan()
            plan.capacity = capacity
            if random.chance(1, outOf: 2) { plan.powerCut = random.within(10...200) }
            life.storage.inject(plan)
            let code = failureCode { () throws(JournalError) in try life.live(steps: 200) }
            #expect(code == .full || code == .system && life.storage.isDown, "seed \(seed)")
            if life.storage.isDown || random.chance(1, outOf: 2) { life.storage.crash(seed: random.next()) } else { life.storage.killProcess() }
        }
        #expect(life.shortages > 0, "seed \(seed)")
        life.storage.inject(FaultPlan())
        try life.live(steps: 5)
    }
}
