import OrgeSchema
import Testing

@Suite struct FlightSlotTests {
    @Test func aSlotThatNoRunHasWrittenReadsAsNothing() {
        #expect(FlightMemory().slot.read() == nil)
    }

    @Test func aCommandIsReadAsItWasWritten() throws {
        let memory = FlightMemory()
        memory.slot.begin(run: 7, thread: 42)
        memory.slot.begin(tick: 9)
        memory.slot.enterCommand(.session(3), sequence: 5, kind: 2, account: AccountID(raw: 11))
        let reading = try #require(memory.slot.read())
        #expect(reading.run == 7 && reading.thread == 42 && reading.trap == nil)
        #expect(reading.entry == FlightEntry(phase: .command, tick: 9, source: .session(3), sequence: 5, kind: 2, account: AccountID(raw: 11)))
        let world = WorldSource(world: 12, timeline: 99)
        memory.slot.enterCommand(.world(world), sequence: 1, kind: 0, account: nil)
        #expect(memory.slot.read()?.entry == FlightEntry(phase: .command, tick: 9, source: .world(world), sequence: 1))
    }

    @Test func everyPieceOfWorkHasAStepOfItsOwn() {
        let slot = FlightMemory()
        slot.slot.begin(run: 1, thread: 1)
        var steps: [UInt64] = []
        let works: [(FlightSlot) -> Void] = [
            { $0.prepare(.declaration) }, { $0.prepare(.start) }, { $0.begin(tick: 1) },
            { $0.enter(.arrival, session: 1, account: AccountID(raw: 4)) }, { $0.enter(.intent, session: 1, account: nil, kind: 3) },
            { $0.enterCommand(.session(1), sequence: 1, kind: 0, account: nil) }, { $0.enterCommand(.session(1), sequence: 2, kind: 0, account: nil) },
            { $0.enterSystem(0) }, { $0.enterSystem(1) }, { $0.leave(to: .engine) }, { $0.leave(to: .idle) },
        ]
        for work in works {
            work(slot.slot)
            steps.append(slot.slot.step)
        }
        #expect(steps == (1...UInt64(works.count)).map { $0 })
    }

    @Test func fieldsOfEarlierWorkDoNotShowInLaterWork() {
        let memory = FlightMemory()
        memory.slot.begin(run: 1, thread: 1)
        memory.slot.begin(tick: 4)
        memory.slot.enterCommand(.session(3), sequence: 5, kind: 2, account: AccountID(raw: 11))
        memory.slot.enterSystem(6)
        #expect(memory.slot.read()?.entry == FlightEntry(phase: .system, tick: 4, system: 6))
        memory.slot.visit(Entity(raw: 77))
        #expect(memory.slot.read()?.entry.entity == Entity(raw: 77))
        memory.slot.enterSystem(7)
        #expect(memory.slot.read()?.entry == FlightEntry(phase: .system, tick: 4, system: 7))
        memory.slot.enter(.departure, session: 3, account: nil)
        #expect(memory.slot.read()?.entry == FlightEntry(phase: .departure, tick: 4, source: .session(3)))
    }

    @Test func aNewRunForgetsTheOneBefore() {
        let memory = FlightMemory()
        memory.slot.begin(run: 1, thread: 1)
        memory.slot.begin(tick: 4)
        memory.slot.enterSystem(6)
        memory.slot.begin(run: 2, thread: 8)
        #expect(memory.slot.read() == FlightReading(run: 2, thread: 8, step: 0, entry: FlightEntry()))
    }

    @Test func whateverAHostileProcessWritesIsReadAsNothingOrAsAnEntry() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: FlightSlot.byteCount, alignment: 64)
        defer { unsafe memory.deallocate() }
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: FlightSlot.byteCount)
        let slot = unsafe FlightSlot(memory)
        var read = 0
        for round in 0..<20_000 as Range<UInt64> {
            slot.begin(run: 1, thread: 1)
            slot.enterCommand(.session(round), sequence: mix64(round), kind: 1, account: AccountID(raw: mix64(round + 1)))
            let value = mix64(round + 2)
            unsafe memory.storeBytes(of: round % 2 == 0 ? value : value % 1_024, toByteOffset: Int(mix64(round + 3) % 15) * 8, as: UInt64.self)
            guard let reading = slot.read() else { continue }
            read += 1
            #expect(reading.entry.source != nil || reading.entry.account == nil)
        }
        #expect(read > 10_000)
    }

    @Test func theSameWorkIsRecognisedWithAndWithoutItsEntity() {
        let system = FlightEntry(phase: .system, tick: 4, system: 6)
        var examined = system
        examined.entity = Entity(raw: 5)
        #expect(system.isSameWork(as: examined))
        var later = system
        later.tick = 5
        #expect(!system.isSameWork(as: later))
    }
}
