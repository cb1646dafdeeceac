import Glibc
import OrgeWorld
import Testing

@testable import OrgeHostProcess

@Suite("Address space")
struct AddressSpaceTests {
    @Test("rows that the system grants no room for are named with size and remedy, in one line")
    func refused() async {
        let result = await #expect(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) {
            var limit = rlimit(rlim_cur: 2 << 30, rlim_max: 2 << 30)
            guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { exit(4) }
            do throws(ProgramFailure) {
                try AddressSpace.check(WorldEngine.reservations(of: Roomy.self))
            } catch {
                printError(error.message)
                exit(3)
            }
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("no address space for the rows of scroll: 16417 MiB for 4194304 entities of 4096 bytes"), "\(said)")
        #expect(said.contains("entityLimit") && said.contains("ulimit -v") && said.split(separator: "\n").count == 1, "\(said)")
    }

    @Test("a world of few entities needs little of it, and gives back what was tried")
    func granted() throws {
        let few = WorldEngine.reservations(of: Few.self)
        #expect(few.count == 1 && few[0].byteCount < 5 << 20)
        for _ in 0..<100 { try AddressSpace.check(few) }
    }
}

struct Scroll: Component { var text = Text<4_094>() }

/// Rows of the largest size, and as many as a world may have.
enum Roomy: World {
    static let name = "roomy"
    @PartsBuilder static var parts: Parts { Scroll.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}

enum Few: World {
    static let name = "few"
    static let entityLimit = 1_000
    @PartsBuilder static var parts: Parts { Scroll.self }
    static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
}
