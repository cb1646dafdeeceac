import OrgeSchema
import OrgeWorld
import Testing

@testable import OrgeHost

@Suite("Images beside a host's ticks")
struct HostImageTests {
    @Test("ticks run and commit while an image is read, and a start from it comes to the same state", arguments: 1...8 as ClosedRange<UInt64>)
    func besideTicks(seed: UInt64) throws {
        let (rig, edge) = try HostRig<Tally>.withEdge(seed: seed)
        let (anna, bert) = (edge.join("anna"), edge.join("bert"))
        try rig.settle()
        rig.pagesAtOnce = 1
        rig.handle(.beginImage)
        let begun = rig.tick
        for _ in 0..<10 {
            edge.command(anna, TallyBytes.add, TallyBytes.add(5))
            edge.command(bert, TallyBytes.give, TallyBytes.give(edge.clients[anna].avatar, 1))
            rig.deliver()
            rig.turn()
            try rig.commit()
            rig.deliver()
        }
        #expect(rig.imagesWritten == 0 && rig.tick > begun, "the image was not read beside ticks")
        try rig.settle()
        #expect(rig.imagesWritten == 1 && rig.machine!.status(at: rig.now).images.tick == begun)
        let (hash, chain, sessions) = (rig.machine!.state.stateHash, rig.machine!.state.chain, rig.machine!.state.hostHash)
        rig.crash(losesPower: true, seed: seed)
        try rig.start()
        #expect(rig.machine!.state.stateHash == hash && rig.machine!.state.chain == chain && rig.machine!.state.hostHash == sessions)
    }

    @Test("an image for which too much changes is given up; after two in a row ticks wait until one is read")
    func givenUp() throws {
        let rig = HostRig<Tally>()
        rig.imagePoolBytes = 0
        try rig.start()
        let edge = rig.addEdge(id: 1)
        let anna = edge.join("anna")
        try rig.settle()
        rig.pagesAtOnce = 1
        for round in 1...2 as ClosedRange<UInt64> {
            rig.handle(.beginImage)
            edge.command(anna, TallyBytes.add, TallyBytes.add(5))
            rig.deliver()
            rig.turn()
            try rig.settle()
            #expect(rig.machine!.status(at: rig.now).images.lost == round)
        }
        rig.handle(.beginImage)
        let tick = rig.tick
        edge.command(anna, TallyBytes.add, TallyBytes.add(5))
        rig.deliver()
        for _ in 0..<3 { rig.turn() }
        #expect(rig.tick == tick, "a tick ran while the image was read")
        try rig.settle()
        let images = rig.machine!.status(at: rig.now).images
        #expect(rig.tick > tick && images.stopped == 1 && images.lost == 2 && images.tick == tick && !images.trouble.isEmpty)
        #expect(edge.clients[anna].outcomes.count == 3)
    }

    @Test("a host that dies at any step of an image comes back to the state of its log", arguments: 0..<40 as Range<Int>)
    func killed(step: Int) throws {
        for losesPower in [false, true] {
            let (rig, edge) = try HostRig<Tally>.withEdge(seed: UInt64(step))
            let anna = edge.join("anna")
            try rig.settle()
            rig.pagesAtOnce = 1
            rig.handle(.beginImage)
            for index in 0..<step {
                if index % 3 == 0 { edge.command(anna, TallyBytes.add, TallyBytes.add(1)) }
                rig.deliver()
                rig.turn()
                try rig.commit()
            }
            let (hash, chain) = (rig.machine!.state.stateHash, rig.machine!.state.chain)
            rig.crash(losesPower: losesPower, seed: UInt64(step))
            try rig.restart()
            #expect(rig.machine!.state.stateHash == hash && rig.machine!.state.chain == chain, "step \(step)")
            try rig.settle()
        }
    }
}
