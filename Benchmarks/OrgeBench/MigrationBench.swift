import OrgeHost
import OrgeImage
import OrgeSchema
import OrgeWorld

/// What it takes to restore an image of 1,000,000 rows: as it is, and under another schema.
enum MigrationBench {
    private static let rows = 1_000_000
    private static let rounds = 5

    private struct Thing: Component {
        var name = Text<16>()
        var units: Int32 = 0
        var weight: UInt16 = 0
    }

    /// One field under another name, one of another type.
    private struct Changed: Component {
        static let name = "thing"
        var title = Text<16>()
        var hundredths: Int64 = 0
        var weight: UInt16 = 0

        static var migrations: [Migration<Self>] {
            [.renamed("name", to: \.title), .converted("units", Int32.self, to: \.hundredths) { Int64($0) * 100 }]
        }
    }

    private enum Before: World {
        static let name = "things"
        static var parts: Parts { Thing.self }
        static func start(_ turn: inout Turn) {
            do {
                for index in 0..<rows { try turn.set(try turn.spawn(), Thing(name: "thing", units: Int32(index), weight: 7)) }
            } catch { preconditionFailure("\(error)") }
        }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    private enum After: World {
        static let name = "things"
        static let version: UInt16 = 2
        static var parts: Parts { Changed.self }
        static func arrive(_ identity: Identity, _ turn: inout Turn) throws(Refusal) -> Entity { try turn.spawn() }
    }

    static func run() {
        let image = HostState(new: WorldEngine(Before.self, number: 1, seed: 1)).writeImage(ImageHeader(tick: 0), to: MemoryImage()).bytes
        var (plain, migrated): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            plain.append(seconds { try HostState.restore(Before.self, from: MemorySource(image)).stateHash })
            migrated.append(seconds { try HostState.migrate(After.self, from: MemorySource(image)).takeState().stateHash })
        }
        Bench.report(
            "migration",
            ["restored_s": plain.sorted()[rounds / 2], "migrated_s": migrated.sorted()[rounds / 2], "image_bytes": Double(image.count)])
    }

    private static func seconds(_ body: () throws -> UInt64) -> Double {
        let clock = ContinuousClock()
        do {
            let began = clock.now
            let hash = try body()
            precondition(hash != 0, "a state has a hash")
            return Double((clock.now - began) / .microseconds(1)) / 1e6
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
